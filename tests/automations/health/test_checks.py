"""Each check, well and unwell, through the API; the page; the probes."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import Failure, Schedule, Task
from django_q.tasks import async_task

from automations.health.beats import beat, note_trigger_uses
from automations.models import Automation, Delivery, Enrollment, SenderState, Step, TriggerUse, WorkerBeat
from automations.services import add_step
from contacts.services import tag_contacts
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def inside(build):
    """One contact in an automation, due now."""
    automation = build()
    return Enrollment.objects.create(
        automation=automation, contact=ContactFactory(), step_key="x", due_at=timezone.now(), trigger_key="k"
    )


def enrollment(*, ago=None, **values):
    def change(inside):
        due = {"due_at": timezone.now() - ago} if ago else {}
        Enrollment.objects.filter(pk=inside.pk).update(**values, **due)

    return change


def delivery(*, ago=HOUR, **values):
    def make(inside):
        due = timezone.now() - ago
        Delivery.objects.create(contact=inside.contact, enrollment=inside, channel="email", due_at=due, **values)

    return make


def late_schedule(_inside):
    Schedule.objects.filter(name="Due work").update(next_run=timezone.now() - HOUR)


def failing_schedule(_inside):
    task = Task.objects.create(
        id="t1",
        name="t1",
        func="f",
        started=timezone.now(),
        stopped=timezone.now(),
        success=False,
        result="a\nboom",
    )
    Schedule.objects.filter(name="Due work").update(task=task.id)


def failed_task(_inside):
    Failure.objects.create(
        id="t2", name="t2", func="f", started=timezone.now(), stopped=timezone.now(), success=False
    )


def long_queue(_inside):
    for _number in range(3):
        async_task("automations.tasks.roll_up")


def silent(inside):
    Automation.objects.filter(pk=inside.automation_id).update(activated_at=timezone.now() - 31 * DAY)


def gone(inside):
    step = add_step(automation=inside.automation, type="wait")
    kind = ContentType.objects.create(app_label="automations", model="nosuchstep")
    Step.objects.non_polymorphic().filter(pk=step.pk).update(polymorphic_ctype=kind)


UNWELL = [
    # check, what happened, state, words
    ("workers", lambda inside: WorkerBeat.objects.update(at=timezone.now() - HOUR), "error", "No worker"),
    ("due", enrollment(ago=timedelta(minutes=10)), "warning", "10 minutes"),
    ("due", enrollment(ago=HOUR), "error", "60 minutes"),
    ("deliveries", delivery(status="pending"), "error", "60 minutes"),
    ("stuck", enrollment(due_at=None), "error", "1 contacts"),
    ("parked", enrollment(status="parked", due_at=None), "warning", "1 contacts"),
    ("uncertain", delivery(status="uncertain"), "warning", "1 messages"),
    ("failed", delivery(status="failed"), "warning", "1 messages"),
    (
        "channels",
        lambda _i: SenderState.objects.create(channel="email", failures=3, error="no"),
        "error",
        "email: no",
    ),
    ("queue", long_queue, "error", "3 tasks"),
    ("tasks", failed_task, "warning", "1 tasks"),
    ("schedules", late_schedule, "error", "Due work"),
    ("schedules", failing_schedule, "warning", "Due work"),
    ("silent", silent, "warning", "Automation"),
    ("types", gone, "error", "1 triggers and steps"),
]
WELL = [
    # check, what happened that is no fault
    ("due", enrollment(ago=timedelta(minutes=4))),
    ("deliveries", delivery(status="pending", ago=timedelta(minutes=4))),
    ("stuck", enrollment(due_at=None, arrived=True)),
    ("stuck", enrollment(due_at=None, status="completed")),
    ("failed", delivery(status="failed", ago=2 * DAY)),
    ("channels", lambda _i: SenderState.objects.create(channel="email", failures=1, error="no")),
    ("schedules", lambda _i: Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=1))),
    ("silent", lambda inside: (silent(inside), use(inside, timezone.now() - 29 * DAY))),
    ("types", lambda inside: add_step(automation=inside.automation, type="wait")),
]


def use(inside, at):
    key = inside.automation.version.snapshot["triggers"]
    for trigger in key:
        TriggerUse.objects.create(automation=inside.automation, trigger_key=trigger["key"], last_at=at)


@pytest.fixture
def checks(api, inside, settings, build):
    settings.HEALTH_QUEUE_LIMIT = 2
    beat(now=timezone.now())
    Schedule.objects.update(next_run=timezone.now() + HOUR)
    tag = TagFactory()
    Automation.objects.filter(pk=inside.automation_id).delete()
    automation = build(triggers=[("tag_added", {"tags": [tag.pk]})])
    inside = Enrollment.objects.create(
        automation=automation, contact=ContactFactory(), step_key="x", due_at=timezone.now(), trigger_key="k"
    )

    def read(happened):
        happened(inside)
        answer = api.get("/api/v1/health/")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return read


def test_all_is_well(checks):
    body = checks(lambda inside: None)
    assert {row["name"]: row["state"] for row in body["checks"] if row["state"] != "ok"} == {}
    assert body["state"] == "ok"
    assert {row["name"] for row in body["schedules"]} >= {"Due work", "Health", "contacts: resume jobs"}


@pytest.mark.parametrize(("name", "happened", "state", "words"), UNWELL)
def test_unwell(checks, name, happened, state, words):
    body = checks(happened)
    (row,) = [row for row in body["checks"] if row["name"] == name]
    assert (row["state"], words in row["text"]) == (state, True), row
    assert row["value"] > 0 or name == "workers"
    assert body["state"] == state


@pytest.mark.parametrize(("name", "happened"), WELL)
def test_well(checks, name, happened):
    (row,) = [row for row in checks(happened)["checks"] if row["name"] == name]
    assert row["state"] == "ok", row


def test_uses_of_triggers_are_swept_up(build):
    tag = TagFactory()
    automation = build(triggers=[("tag_added", {"tags": [tag.pk]})])
    tag_contacts(contacts=[ContactFactory(), ContactFactory()], tag=tag)
    assert note_trigger_uses() == 1
    row = TriggerUse.objects.get()
    assert (row.automation, timezone.now() - row.last_at < HOUR) == (automation, True)
    assert row.trigger_key == automation.version.snapshot["triggers"][0]["key"]
    note_trigger_uses()
    assert TriggerUse.objects.count() == 1


def test_the_page(client, checks, viewer, django_user_model):
    checks(failing_schedule)
    client.force_login(viewer)
    with CaptureQueriesContext(connection) as few:
        html = client.get("/health/").content.decode()
    assert 'id="check-schedules" data-state="warning"' in html and "boom" in html
    assert WorkerBeat.objects.get().name in html
    Enrollment.objects.bulk_create(
        Enrollment(automation=Automation.objects.get(), contact=ContactFactory(), due_at=timezone.now())
        for _number in range(20)
    )
    with CaptureQueriesContext(connection) as many:
        assert client.get("/health/").status_code == 200
    assert len(many) <= len(few)
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    assert client.get("/health/").status_code == 403


def test_the_page_when_nothing_is_there(client, viewer):
    Schedule.objects.all().delete()
    client.force_login(viewer)
    html = client.get("/health/").content.decode()
    assert "No worker was seen" in html and "There are no schedules" in html


def test_the_command_ends_with_an_error_when_something_is_wrong(checks, capsys):
    checks(lambda inside: None)
    call_command("check_health")
    WorkerBeat.objects.all().delete()
    with pytest.raises(CommandError, match="workers"):
        call_command("check_health", only=["workers"])
    call_command("check_health", only=["due"])
    assert "No worker" in capsys.readouterr().out
