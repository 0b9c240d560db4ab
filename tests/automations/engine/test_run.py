"""How steps run: batches, poison, retries, endless rounds, pauses, publishing under waiting contacts."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.engine.pump import turn
from automations.engine.retention import delete_old, roll_up_counts
from automations.engine.run import run_due
from automations.models import Automation, Enrollment, StepCount, StepLog
from automations.services import (
    PublishError,
    activate,
    add_step,
    add_to_automation,
    deactivate,
    delete_step,
    publish,
    resume_parked,
    skip_wait,
    update_step,
)
from contacts.models import Contact, Note
from contacts.services import delete_contacts, set_field
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory, CustomFieldFactory, TagFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WAIT = ("wait", {"mode": "period", "amount": 1, "unit": "days"})
NOTE = ("add_note", {"text": "was here"})


def outcomes(contact: Contact) -> list[str]:
    rows = StepLog.objects.filter(enrollment__contact=contact).order_by("pk")
    return list(rows.values_list("outcome", flat=True))


def metric(automation: Automation, name: str, step_key: str = "") -> int:
    rows = StepCount.objects.filter(automation=automation, step_key=step_key, metric=name)
    return sum(rows.values_list("amount", flat=True))


def test_a_line_of_steps_is_passed_once_in_one_go(drain: Callable[..., int]) -> None:
    tag, ann = TagFactory(), ContactFactory()
    automation = build_automation(steps=[NOTE, ("add_tag", {"tag": tag.pk})])
    add_to_automation(automation=automation, contacts=ann)
    drain()
    drain()
    assert outcomes(ann) == ["done", "done", "completed"]
    assert ann.notes.count() == 1
    enrollment = automation.enrollments.get()
    assert (enrollment.status, enrollment.exit_reason, enrollment.due_at) == ("completed", "completed", None)
    assert (metric(automation, "entered"), metric(automation, "left")) == (1, 1)


def test_a_wait_holds_until_its_time_and_no_longer(drain: Callable[..., int]) -> None:
    ann, automation = ContactFactory(), build_automation(steps=[WAIT, NOTE])
    add_to_automation(automation=automation, contacts=ann)
    start = timezone.now()
    drain(start)
    drain(start, later=DAY - timedelta(minutes=1))
    assert ann.notes.count() == 0
    drain(start, later=DAY + timedelta(minutes=1))
    assert ann.notes.count() == 1


def test_a_group_costs_the_same_statements_as_one(drain: Callable[..., int]) -> None:
    tag = TagFactory()
    steps = [("add_tag", {"tag": tag.pk}), NOTE, ("remove_tag", {"tag": tag.pk})]
    automation = build_automation(steps=steps)

    def cost(count: int) -> int:
        add_to_automation(automation=automation, contacts=[ContactFactory() for _number in range(count)])
        with CaptureQueriesContext(connection) as captured:
            assert run_due(now=timezone.now()) == count
        return len(captured)

    assert cost(30) == cost(150)


# --- Poison and retries ------------------------------------------------------------------------


def _number_step(value: str) -> tuple[str, dict[str, str]]:
    return ("update_field", {"field": "amount", "op": "set", "value": value})


def test_one_bad_contact_is_retried_and_parked_while_the_rest_goes_on(
    settings: LazySettings, drain: Callable[..., int]
) -> None:
    settings.STEP_MAX_ATTEMPTS = 3
    CustomFieldFactory(key="amount", type="number")
    automation = build_automation(steps=[_number_step("{{ contact.last_name }}"), NOTE])
    people = [ContactFactory(last_name=str(number)) for number in range(20)]
    bad = ContactFactory(last_name="not a number")
    add_to_automation(automation=automation, contacts=[*people, bad])
    start = timezone.now()
    drain(start)
    assert Note.objects.count() == 20
    enrollment = Enrollment.objects.get(contact=bad)
    assert (enrollment.status, enrollment.attempts) == ("active", 1)
    assert "not a number" in enrollment.error
    assert enrollment.due_at > start + timedelta(seconds=59)
    drain(start, later=timedelta(hours=2))
    drain(start, later=timedelta(hours=9))
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.due_at) == ("parked", None)
    assert outcomes(bad) == ["retry", "retry", "parked"]
    assert metric(automation, "failed", enrollment.step_key) == 1


@pytest.mark.parametrize(("mend", "skip", "noted"), [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_a_parked_contact_is_retried_or_skipped_by_hand(
    mend: bool, skip: bool, noted: int, settings: LazySettings, drain: Callable[..., int]
) -> None:
    settings.STEP_MAX_ATTEMPTS = 1
    CustomFieldFactory(key="amount", type="number")
    automation = build_automation(steps=[_number_step("{{ contact.last_name }}"), NOTE])
    bad = ContactFactory(last_name="bad")
    add_to_automation(automation=automation, contacts=bad)
    drain()
    assert Enrollment.objects.get().status == "parked"
    if mend:
        set_field(field="last_name", values={bad.pk: "5"})
    assert resume_parked(enrollments=Enrollment.objects.all(), skip=skip) == 1
    drain()
    assert bad.notes.count() == noted


def test_an_endless_round_is_stopped_and_parked(drain: Callable[..., int]) -> None:
    ann = ContactFactory()
    automation = build_automation(steps=[("wait", {"mode": "period", "amount": 1, "unit": "minutes"}), NOTE])
    first = automation.steps.get(parent="")
    second = automation.steps.exclude(parent="").get()
    loop = add_step(
        automation=automation, type="go_to", parent=second.key, arm="next", settings={"target": second.key}
    )
    with pytest.raises(PublishError, match="goes round without a wait"):
        publish(automation=automation)
    update_step(step=loop, settings={"target": first.key})
    publish(automation=automation)
    # A wait for a date that has passed does not hold anyone: the round turns at once.
    update_step(step=first, settings={"mode": "date", "on_date": "2020-01-01"})
    publish(automation=automation)
    add_to_automation(automation=automation, contacts=ann)
    drain()
    enrollment = automation.enrollments.get()
    assert enrollment.status == "parked"
    assert outcomes(ann)[-1] == "endless"
    assert ann.notes.count() < 100


# --- Off and on --------------------------------------------------------------------------------


@pytest.mark.parametrize(("clock", "done_at_once"), [("run", True), ("freeze", False)])
def test_contacts_inside_stay_and_go_on(clock: str, done_at_once: bool, drain: Callable[..., int]) -> None:
    ann = ContactFactory()
    automation = build_automation(steps=[WAIT, NOTE], clock=clock)
    add_to_automation(automation=automation, contacts=ann)
    start = timezone.now()
    drain(start)
    deactivate(automation=automation, now=start + timedelta(hours=12))
    drain(start, later=3 * DAY)
    assert ann.notes.count() == 0
    activate(automation=automation, now=start + 3 * DAY)
    drain(start, later=3 * DAY + timedelta(minutes=1))
    assert (ann.notes.count() == 1) is done_at_once
    # Frozen, half of the day's wait was left when it stopped.
    drain(start, later=3 * DAY + timedelta(hours=11))
    assert (ann.notes.count() == 1) is done_at_once
    drain(start, later=3 * DAY + timedelta(hours=13))
    assert ann.notes.count() == 1


def test_late_work_is_released_at_a_throttled_rate(settings: LazySettings, drain: Callable[..., int]) -> None:
    settings.LATE_RELEASE_PER_MINUTE = 4
    automation = build_automation(steps=[WAIT, NOTE])
    add_to_automation(automation=automation, contacts=[ContactFactory() for _number in range(10)])
    start = timezone.now()
    drain(start)
    deactivate(automation=automation, now=start)
    drain(start, later=2 * DAY)
    assert activate(automation=automation, now=start + 2 * DAY) == (10, 0)
    for minute, expected in enumerate([4, 8, 10]):
        drain(start, later=2 * DAY + timedelta(minutes=minute, seconds=1))
        assert Note.objects.count() == expected


def test_a_disabled_step_is_passed_by(drain: Callable[..., int]) -> None:
    ann, automation = ContactFactory(), build_automation(steps=[NOTE, ("add_note", {"text": "second"})])
    update_step(step=automation.steps.get(parent=""), enabled=False)
    publish(automation=automation)
    add_to_automation(automation=automation, contacts=ann)
    drain()
    assert outcomes(ann) == ["disabled", "done", "completed"]


# --- Publishing while contacts wait ------------------------------------------------------------


def test_editing_sends_nothing_again_and_moves_nobody(drain: Callable[..., int]) -> None:
    ann = ContactFactory()
    automation = build_automation(steps=[NOTE, WAIT, ("add_note", {"text": "end"})])
    add_to_automation(automation=automation, contacts=ann)
    start = timezone.now()
    drain(start)
    before = automation.enrollments.get().due_at
    for number in range(3):
        step = automation.steps.get(parent="")
        update_step(step=step, settings={"text": f"edited {number}"})
        publish(automation=automation)
        drain(start)
    assert ann.notes.count() == 1
    assert automation.enrollments.get().due_at == before
    drain(start, later=DAY + timedelta(minutes=1))
    assert sorted(ann.notes.values_list("text", flat=True)) == ["end", "was here"]


@pytest.mark.parametrize(("answer", "status", "notes"), [("end", "exited", 0), ("step", "completed", 1)])
def test_a_removed_step_with_contacts_asks_what_becomes_of_them(
    answer: str, status: str, notes: int, drain: Callable[..., int]
) -> None:
    ann, automation = ContactFactory(), build_automation(steps=[WAIT, NOTE])
    add_to_automation(automation=automation, contacts=ann)
    drain()
    wait = automation.steps.get(parent="")
    delete_step(step=wait)
    with pytest.raises(PublishError, match="1 contacts stand at a step that is gone"):
        publish(automation=automation)
    automation.refresh_from_db()
    assert automation.version.number == 1
    target = automation.steps.get().key if answer == "step" else "end"
    publish(automation=automation, removed={wait.key: target})
    drain()
    assert automation.enrollments.get().status == status
    assert ann.notes.count() == notes


def test_publishing_lists_every_problem() -> None:
    automation = Automation.objects.create(name="Unfinished")
    tag = add_step(automation=automation, type="add_tag")
    whole = {"mode": "period", "amount": 2, "unit": "hours"}
    wait = add_step(automation=automation, type="wait", settings=whole, parent=tag.key, arm="next")
    choice = add_step(automation=automation, type="if_else", parent=wait.key, arm="next")
    with pytest.raises(PublishError) as caught:
        publish(automation=automation)
    assert [problem.key for problem in caught.value.problems] == [tag.key, choice.key]
    assert not automation.versions.exists()


def test_activation_needs_a_version() -> None:
    with pytest.raises(ValidationError, match="Publish the automation first"):
        activate(automation=Automation.objects.create(name="Draft"))


# --- By hand -----------------------------------------------------------------------------------


def test_skipping_a_wait(drain: Callable[..., int]) -> None:
    ann, automation = ContactFactory(), build_automation(steps=[WAIT, NOTE])
    add_to_automation(automation=automation, contacts=ann)
    assert not skip_wait(enrollment=automation.enrollments.get())
    drain()
    assert skip_wait(enrollment=automation.enrollments.get())
    drain()
    assert ann.notes.count() == 1
    assert outcomes(ann) == ["waiting", "skipped_by_hand", "done", "completed"]


def test_a_contact_deleted_inside_stops_nobody(drain: Callable[..., int]) -> None:
    people, automation = [ContactFactory() for _number in range(3)], build_automation(steps=[WAIT, NOTE])
    add_to_automation(automation=automation, contacts=people)
    drain()
    delete_contacts(contacts=people[0])
    drain(later=2 * DAY)
    assert Note.objects.count() == 2


# --- Counts and retention ----------------------------------------------------------------------


def test_rolling_up_changes_no_sum(drain: Callable[..., int]) -> None:
    automation = build_automation(steps=[NOTE])
    for _number in range(5):
        add_to_automation(automation=automation, contacts=ContactFactory())
        drain()
    key = automation.steps.get().key
    before = {name: metric(automation, name, key) for name in ("entered", "left")}
    assert before == {"entered": 5, "left": 5}
    assert roll_up_counts() > 0
    assert {name: metric(automation, name, key) for name in ("entered", "left")} == before
    assert roll_up_counts() == 0


def test_retention_deletes_old_log_rows_only(settings: LazySettings, drain: Callable[..., int]) -> None:
    automation = build_automation(steps=[NOTE])
    add_to_automation(automation=automation, contacts=ContactFactory())
    drain()
    now = timezone.now()
    assert delete_old(now=now + timedelta(days=settings.LOG_RETENTION_DAYS - 1)) == 0
    assert delete_old(now=now + timedelta(days=settings.LOG_RETENTION_DAYS + 1)) == 2
    assert automation.enrollments.count() == 1


# --- Several workers ---------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_four_workers_do_each_step_once(settings: LazySettings) -> None:
    settings.ENGINE_BATCH_SIZE = 7
    tag = TagFactory()
    automation = build_automation(steps=[NOTE, ("add_tag", {"tag": tag.pk}), ("add_note", {"text": "second"})])
    people = [ContactFactory() for _number in range(120)]
    add_to_automation(automation=automation, contacts=people)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            idle = 0
            while idle < 3:
                idle = 0 if turn(clock=timezone.now) else idle + 1
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert Note.objects.count() == 240
    assert StepLog.objects.count() == 120 * 4
    assert set(automation.enrollments.values_list("status", flat=True)) == {"completed"}
