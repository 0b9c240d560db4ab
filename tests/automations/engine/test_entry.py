"""Who enters: atomicity, policies, run rules, segments, ceilings, loops, races, and what it costs."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.engine import breaker
from automations.models import Automation, Enrollment
from automations.services import activate, add_to_automation, add_trigger, deactivate, publish
from contacts.models import ContactTag
from contacts.origin import Origin, Source, caused_by
from contacts.services import ContactDraft, save_contacts, subscribe_contacts, tag_contacts, untag_contacts
from tests.automations.conftest import build_automation, passes, reasons
from tests.factories import ContactFactory, CustomFieldFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db


def _retag(contact: object, tag: object) -> None:
    untag_contacts(contacts=contact, tag=tag)  # type: ignore[arg-type]
    tag_contacts(contacts=contact, tag=tag)  # type: ignore[arg-type]


# --- Policies and run rules --------------------------------------------------------------------

WAIT = [("wait", {"mode": "period", "amount": 1, "unit": "days"})]
# (entry policy, runs, steps keep the contact inside, passes after two events, the second's reason)
POLICIES = [
    ("not_inside", "once", False, 1, "once_only"),
    ("not_inside", "multiple", False, 2, None),
    ("not_inside", "multiple", True, 1, "already_inside"),
    ("once", "multiple", False, 1, "entered_before"),
    ("any", "multiple", True, 2, None),
    ("any", "once", True, 1, "once_only"),
]


@pytest.mark.parametrize(("policy", "runs", "stays", "count", "reason"), POLICIES)
def test_policies(
    policy: str, runs: str, stays: bool, count: int, reason: str | None, drain: Callable[..., int]
) -> None:
    vip, ann = TagFactory(), ContactFactory()
    automation = build_automation(
        triggers=[("tag_added", {"tags": [vip.pk]})],
        runs=runs,
        entry_policy=policy,
        steps=WAIT if stays else [("add_note", {"text": "x"})],
    )
    tag_contacts(contacts=ann, tag=vip)
    drain()
    _retag(ann, vip)
    drain()
    assert len(passes(automation)) == count
    assert reasons(automation) == ([reason] if reason else [])


def test_two_triggers_matching_one_event_enter_once() -> None:
    one, two, ann = TagFactory(), TagFactory(), ContactFactory()
    automation = build_automation(
        triggers=[("tag_added", {"tags": [one.pk, two.pk]}), ("tag_added", {"tags": [one.pk]})],
        entry_policy="any",
    )
    tag_contacts(contacts=ann, tag=one)
    assert len(passes(automation)) == 1
    assert reasons(automation) == []


def test_the_second_trigger_lets_in_whom_the_first_refuses(drain: Callable[..., int]) -> None:
    vip, ann = TagFactory(), ContactFactory(first_name="Ann")
    automation = build_automation(active=False, triggers=[("tag_added", {"tags": [vip.pk]})])
    is_bob = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Bob"}]}
    automation.triggers.update(segment=is_bob)
    add_trigger(automation=automation, type="tag_added", settings={"tags": [vip.pk]})
    publish(automation=automation)
    activate(automation=automation)
    tag_contacts(contacts=ann, tag=vip)
    assert len(passes(automation)) == 1
    assert reasons(automation) == []


def test_ceiling_of_entries_in_24_hours(settings: LazySettings, drain: Callable[..., int]) -> None:
    settings.ENTRY_CEILING_PER_DAY = 3
    vip, ann = TagFactory(), ContactFactory()
    start = timezone.now()
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], runs="multiple")
    for number in range(5):
        with time_machine.travel(start + timedelta(minutes=number), tick=False):
            _retag(ann, vip)
            drain()
    assert len(passes(automation)) == 3
    assert reasons(automation) == ["ceiling", "ceiling"]
    with time_machine.travel(start + timedelta(hours=25), tick=False):
        _retag(ann, vip)
    assert len(passes(automation)) == 4


# --- Segments ----------------------------------------------------------------------------------

IS_RED = {"match": "all", "conditions": [{"type": "field", "field": "colour", "op": "is", "value": "Red"}]}


def test_segment_is_tested_once_at_the_event() -> None:
    CustomFieldFactory(key="colour", type="dropdown")
    vip = TagFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], segment=IS_RED)
    drafts = [ContactDraft(f"{c}@x.org", {}, {"colour": c}) for c in ("Red", "Blue")]
    contacts = save_contacts(drafts=[*drafts, ContactDraft("none@x.org")]).created
    tag_contacts(contacts=contacts, tag=vip)
    assert passes(automation) == ["red@x.org"] or passes(automation) == ["Red@x.org"]
    assert sorted(reasons(automation)) == ["outside_segment", "outside_segment"]


# --- Activity ----------------------------------------------------------------------------------


def test_only_an_active_automation_starts_contacts() -> None:
    vip, ann, bob = TagFactory(), ContactFactory(), ContactFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], active=False)
    tag_contacts(contacts=ann, tag=vip)
    activate(automation=automation)
    assert passes(automation) == []
    tag_contacts(contacts=bob, tag=vip)
    assert passes(automation) == [bob.email]
    deactivate(automation=automation)
    tag_contacts(contacts=ContactFactory(), tag=vip)
    assert passes(automation) == [bob.email]


def test_a_draft_change_does_nothing_until_published() -> None:
    one, two, ann = TagFactory(), TagFactory(), ContactFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [one.pk]})])
    add_trigger(automation=automation, type="tag_added", settings={"tags": [two.pk]})
    tag_contacts(contacts=ann, tag=two)
    assert passes(automation) == []
    publish(automation=automation)
    untag_contacts(contacts=ann, tag=two)
    tag_contacts(contacts=ann, tag=two)
    assert passes(automation) == [ann.email]


# --- By hand -----------------------------------------------------------------------------------


def test_by_hand_keeps_the_policy_and_ignores_run_rules(drain: Callable[..., int]) -> None:
    ann = ContactFactory()
    automation = build_automation(steps=WAIT)
    assert add_to_automation(automation=automation, contacts=ann) == {ann.pk: "entered"}
    assert add_to_automation(automation=automation, contacts=ann) == {ann.pk: "already_inside"}
    assert reasons(automation) == ["already_inside"]


def test_by_hand_into_an_inactive_one_waits_for_it(drain: Callable[..., int]) -> None:
    ann = ContactFactory()
    automation = build_automation(active=False)
    assert add_to_automation(automation=automation, contacts=ann) == {ann.pk: "entered"}
    drain()
    assert ann.notes.count() == 0
    activate(automation=automation)
    drain()
    assert ann.notes.count() == 1


def test_by_hand_into_an_unpublished_one_is_refused() -> None:
    ann, automation = ContactFactory(), Automation.objects.create(name="Draft")
    assert add_to_automation(automation=automation, contacts=ann) == {ann.pk: "not_published"}


# --- Loops -------------------------------------------------------------------------------------


def test_two_automations_that_trigger_each_other_stop(drain: Callable[..., int]) -> None:
    ping, pong, ann = TagFactory(name="ping"), TagFactory(name="pong"), ContactFactory()
    first = build_automation(
        name="First",
        triggers=[("tag_added", {"tags": [ping.pk]})],
        runs="multiple",
        entry_policy="any",
        steps=[("remove_tag", {"tag": pong.pk}), ("add_tag", {"tag": pong.pk})],
    )
    second = build_automation(
        name="Second",
        triggers=[("tag_added", {"tags": [pong.pk]})],
        runs="multiple",
        entry_policy="any",
        steps=[("remove_tag", {"tag": ping.pk}), ("add_tag", {"tag": ping.pk})],
    )
    tag_contacts(contacts=ann, tag=ping)
    drain()
    assert (len(passes(first)), len(passes(second))) == (1, 1)
    assert reasons(first) == ["loop"]


def test_the_breaker_stops_a_runaway_and_says_so(settings: LazySettings) -> None:
    settings.BREAKER_ENTRIES_PER_MINUTE = 5
    vip = TagFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    breaker.reset(automation.pk)
    people = [ContactFactory() for _number in range(8)]
    with caused_by(Origin(Source.AUTOMATION, chain=(999_999,))):
        for person in people:
            tag_contacts(contacts=person, tag=vip)
    automation.refresh_from_db()
    assert not automation.is_active
    assert "5 entries" in automation.breaker_reason
    assert len(passes(automation)) == 5
    activate(automation=automation)
    automation.refresh_from_db()
    assert automation.is_active
    assert automation.breaker_reason == ""


def test_people_never_trip_the_breaker(settings: LazySettings) -> None:
    settings.BREAKER_ENTRIES_PER_MINUTE = 5
    vip = TagFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    tag_contacts(contacts=[ContactFactory() for _number in range(8)], tag=vip)
    automation.refresh_from_db()
    assert automation.is_active
    assert len(passes(automation)) == 8


# --- Leaving -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("leaves", "own_list", "status"), [
    (True, True, "exited"), (True, False, "active"), (False, True, "active"),
])  # fmt: skip
def test_exit_on_unsubscribe(leaves: bool, own_list: bool, status: str, drain: Callable[..., int]) -> None:
    from contacts.services import unsubscribe_contacts

    news, other, ann = ListFactory(), ListFactory(), ContactFactory()
    automation = build_automation(
        triggers=[("list_subscribed", {"list": news.pk})], steps=WAIT, exit_on_unsubscribe=leaves
    )
    subscribe_contacts(contacts=ann, list=news)
    subscribe_contacts(contacts=ann, list=other)
    drain()
    unsubscribe_contacts(contacts=ann, list=news if own_list else other)
    drain()
    enrollment = automation.enrollments.get()
    assert enrollment.status == status
    assert enrollment.exit_reason == ("unsubscribed" if status == "exited" else "")


# --- Cost --------------------------------------------------------------------------------------


def _queries(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


def test_an_event_costs_the_same_with_1_and_100_automations() -> None:
    vip, people = TagFactory(), [ContactFactory() for _number in range(4)]
    build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], segment=_named("Ada"))
    tag_contacts(contacts=people[0], tag=vip)
    single = _queries(lambda: ContactTag(contact=people[1], tag=vip).save())
    for number in range(40):
        build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], segment=_named(f"Ada{number % 7}"))
    tag_contacts(contacts=people[2], tag=vip)
    many = _queries(lambda: ContactTag(contact=people[3], tag=vip).save())
    # One statement more: refusals are written, since most of the 41 segments leave her out.
    assert many <= single + 1


def _named(name: str) -> dict:
    return {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": name}]}


def test_an_event_costs_the_same_for_2_and_300_contacts() -> None:
    vip = TagFactory()
    build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    few, many = ([ContactFactory() for _number in range(count)] for count in (30, 300))
    assert _queries(lambda: tag_contacts(contacts=few, tag=vip)) == _queries(
        lambda: tag_contacts(contacts=many, tag=vip)
    )


def test_what_nobody_listens_to_costs_nothing(settings: LazySettings) -> None:
    settings.TRIGGER_INDEX_TTL = 60
    vip, other = TagFactory(), TagFactory()
    people = [ContactFactory() for _number in range(3)]
    build_automation(triggers=[("tag_added", {"tags": [other.pk]})])
    ContactTag(contact=people[0], tag=vip).save()
    # The tag and its fact, between BEGIN and COMMIT (a savepoint, in a test).
    assert _queries(lambda: ContactTag(contact=people[1], tag=vip).save()) == 4


# --- Races -------------------------------------------------------------------------------------


def _in_threads(count: int, action: Callable[[int], None]) -> list[BaseException]:
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            action(number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("policy", "expected"), [("not_inside", 1), ("once", 1), ("any", 8)])
def test_simultaneous_events_enter_as_the_policy_says(policy: str, expected: int) -> None:
    tags, ann = [TagFactory() for _number in range(8)], ContactFactory()
    automation = build_automation(
        triggers=[("tag_added", {"tags": [tag.pk for tag in tags]})],
        runs="multiple",
        entry_policy=policy,
        steps=WAIT,
    )
    errors = _in_threads(8, lambda number: tag_contacts(contacts=ann, tag=tags[number]) and None)
    assert errors == []
    assert automation.enrollments.count() == expected
    assert len(reasons(automation)) == 8 - expected


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_change_and_its_entry_are_seen_together() -> None:
    """Another connection sees neither before the commit, and both after it."""
    vip, ann = TagFactory(), ContactFactory()
    build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    seen: list[tuple[int, int]] = []

    def look(_number: int) -> None:
        seen.append((ContactTag.objects.count(), Enrollment.objects.count()))

    with transaction.atomic():
        tag_contacts(contacts=ann, tag=vip)
        assert _in_threads(1, look) == []
    assert _in_threads(1, look) == []
    assert seen == [(0, 0), (1, 1)]
