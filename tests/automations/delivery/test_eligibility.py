"""Who gets marketing e-mail: decided when it is sent, each reason with its near misses."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.delivery.figures import skip_reasons
from automations.models import Delivery, StepCount, StepLog
from automations.reasons import Outcome
from contacts.models import Suppression
from contacts.services import delete_contacts, subscribe_contacts, suppress_address, unsubscribe_contacts
from tests.factories import ContactFactory, ListFactory

ACTIVE, UNCONFIRMED, GONE, BOUNCED = "active", "unconfirmed", "unsubscribed", "bounced"


@pytest.fixture
def outcome(queue, deliver, ledger, smtp_server):
    """The status, or the reason for skipping, of an e-mail to a contact with these subscriptions."""

    def run(states: dict[str, str], of_automation: tuple[str, ...], suppressed: bool = False) -> str:
        lists = {name: ListFactory(name=name) for name in "AB"}
        contact = ContactFactory(email="ada@example.com")
        for name, status in states.items():
            subscribe_contacts(contacts=contact, list=lists[name])
            if status == UNCONFIRMED:
                contact.subscriptions.get(list=lists[name]).delete()
                subscribe_contacts(contacts=contact, list=lists[name], status=UNCONFIRMED)
            elif status != ACTIVE:
                unsubscribe_contacts(contacts=contact, list=lists[name], status=status)
        queue(contacts=[contact], lists=[lists[name] for name in of_automation])
        if suppressed:
            suppress_address(address=contact.email, reason=Suppression.Reason.MANUAL)
        deliver()
        row = ledger().first
        assert len(smtp_server.messages) == (row.status == "sent")
        return row.skip_reason or row.status

    return run


CASES: list[tuple[dict[str, str], tuple[str, ...], str]] = [
    # The automation has no lists: any list will do.
    ({"A": ACTIVE}, (), "sent"),
    ({"A": ACTIVE, "B": GONE}, (), "sent"),
    ({"A": BOUNCED, "B": ACTIVE}, (), "sent"),
    ({}, (), "no_list"),
    ({"A": UNCONFIRMED}, (), "unconfirmed"),
    ({"A": GONE}, (), "unsubscribed"),
    ({"A": BOUNCED}, (), "bounced"),
    ({"A": GONE, "B": UNCONFIRMED}, (), "unconfirmed"),
    ({"A": GONE, "B": BOUNCED}, (), "unsubscribed"),
    # The automation has lists: one of these, and no other.
    ({"A": ACTIVE}, ("A",), "sent"),
    ({"A": ACTIVE}, ("A", "B"), "sent"),
    ({"A": GONE, "B": ACTIVE}, ("A", "B"), "sent"),
    ({"A": ACTIVE}, ("B",), "no_list"),
    ({"A": ACTIVE, "B": UNCONFIRMED}, ("B",), "unconfirmed"),
    ({"A": ACTIVE, "B": GONE}, ("B",), "unsubscribed"),
    ({"A": ACTIVE, "B": BOUNCED}, ("B",), "bounced"),
    ({"A": GONE}, ("B",), "no_list"),
]


@pytest.mark.parametrize(("states", "lists", "expected"), CASES)
def test_by_subscriptions(states, lists, expected, outcome):
    assert outcome(states, lists) == expected


@pytest.mark.parametrize(("states", "lists"), [({"A": ACTIVE}, ()), ({"A": ACTIVE}, ("A",)), ({}, ())])
def test_suppression_beats_everything(states, lists, outcome):
    assert outcome(states, lists, suppressed=True) == "suppressed"


def test_another_address_suppressed_is_nothing_to_this_one(queue, deliver, ledger):
    suppress_address(address="p10@example.com", reason=Suppression.Reason.MANUAL)
    queue(2)
    deliver()
    assert ledger().statuses == ["sent", "sent"]


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_suppressed_after_it_was_queued(reason, queue, deliver, ledger):
    queue(1)
    suppress_address(address="P0@Example.com", reason=reason)
    deliver()
    assert (ledger().first.status, ledger().first.skip_reason) == ("skipped", "suppressed")


def test_subscribed_after_it_was_queued(queue, deliver, ledger, news):
    contact = ContactFactory()
    queue(contacts=[contact])
    subscribe_contacts(contacts=contact, list=news)
    deliver()
    assert ledger().statuses == ["sent"]


def test_deleted_after_it_was_queued(queue, people, deliver, ledger):
    gone, stays = people(2)
    queue(contacts=[gone, stays])
    delete_contacts(contacts=[gone.pk])
    deliver()
    assert [(row.status, row.skip_reason) for row in ledger().rows] == [("skipped", "contact_gone"), ("sent", "")]


def test_an_unsubscription_is_remembered_when_the_contact_is_made_anew(queue, deliver, ledger, news):
    contact = ContactFactory(email="ada@example.com")
    subscribe_contacts(contacts=contact, list=news)
    unsubscribe_contacts(contacts=contact, list=news)
    delete_contacts(contacts=[contact.pk])
    again = ContactFactory(email="ada@example.com")
    subscribe_contacts(contacts=again, list=news)
    queue(contacts=[again])
    deliver()
    assert ledger().first.skip_reason == "no_list"


def test_skips_are_counted_and_told_with_their_reason(queue, people, deliver, news):
    first, second, third = people(3)
    rows = queue(contacts=[first, second, third])
    unsubscribe_contacts(contacts=[first.pk, second.pk], list=news)
    suppress_address(address=second.email, reason=Suppression.Reason.MANUAL)
    deliver()
    automation = rows[0].automation
    key = rows[0].step_key
    assert skip_reasons(automation) == {key: {"unsubscribed": 1, "suppressed": 1}}
    counts = dict(StepCount.objects.filter(metric__in=["sent"]).values_list("metric", "amount"))
    assert counts == {"sent": 1}
    assert StepCount.objects.filter(metric="skipped").count() == 2
    told: Any = StepLog.objects.filter(outcome=Outcome.NOT_ELIGIBLE).order_by("enrollment__contact_id")
    assert [(row.enrollment.contact_id, row.detail, row.step_key) for row in told] == [
        (first.pk, "unsubscribed from the lists", key),
        (second.pk, "the address is suppressed", key),
    ]


def test_the_cost_of_a_skip(queue, deliver):
    """Claim and eligibility are shared by the batch; each row costs its own few statements."""

    def cost(count: int) -> int:
        Delivery.objects.all().delete()
        queue(contacts=[ContactFactory() for _number in range(count)])  # on no list
        with CaptureQueriesContext(connection) as queries:
            deliver()
        return len(queries)

    cost(1)
    assert cost(12) - cost(2) <= 10 * 5, "its state, its counts, its log, and a savepoint around them"
