"""The machine's clock jumps forward and is set back, as a wrong time server or a resumed machine does it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.delivery import outbox
from automations.delivery.outbox import lease, reap_leases
from automations.engine.pump import turn
from automations.models import Delivery, SenderState
from contacts.models import Note
from contacts.services import subscribe_contacts, tag_contacts
from tests.automations.delivery.conftest import EMAIL, deliver, ledger, news, people, queue
from tests.factories import ContactFactory, ListFactory, TagFactory

__all__ = ["deliver", "ledger", "news", "people", "queue"]  # fixtures
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_jump_forward_and_back_doubles_nothing(build, smtp_server):
    """What ran early stays done; what was not due yet waits for its own time."""
    tag = TagFactory()
    automation = build(
        triggers=[("tag_added", {"tags": [tag.pk]})],
        steps=[
            ("send_email", EMAIL),
            ("wait", {"mode": "period", "amount": 2, "unit": "days"}),
            ("add_note", {"text": "two days later"}),
        ],
    )
    contacts = [ContactFactory(email=f"p{number}@example.com").pk for number in range(5)]
    subscribe_contacts(contacts=contacts, list=ListFactory())
    tag_contacts(contacts=contacts, tag=tag)

    def at(offset):
        while turn(clock=lambda: timezone.now() + offset):
            pass

    at(DAY)  # e-mails go out, the wait begins, both by a clock a day ahead
    at(-DAY)
    at(timedelta())
    assert smtp_server.recipients() == {f"p{number}@example.com": 1 for number in range(5)}
    assert automation.enrollments.filter(status="active").count() == 5
    assert not Note.objects.exists()
    at(DAY * 3 - timedelta(minutes=1))
    assert not Note.objects.exists()
    at(DAY * 3 + timedelta(minutes=1))
    assert Note.objects.count() == 5
    at(-DAY)
    at(DAY * 9)
    assert Note.objects.count() == 5
    assert sum(smtp_server.recipients().values()) == 5


@pytest.mark.parametrize(("status", "becomes"), [("claimed", "pending"), ("sending", "uncertain")])
def test_a_lease_from_a_clock_ahead_does_not_hold_its_row_for_a_day(queue, ledger, status, becomes):
    """The sender crashed with its clock a day ahead: no sender at work now can have given such a lease."""
    (row,) = queue(1)
    now = timezone.now()
    Delivery.objects.filter(pk=row.pk).update(status=status, lease_until=now + DAY, attempts=1)
    assert reap_leases(now=now) == 1
    assert ledger().statuses == [becomes]


def test_a_lease_of_now_is_left_alone_by_a_clock_that_is_a_little_behind(queue, ledger):
    (row,) = queue(1)
    now = timezone.now()
    Delivery.objects.filter(pk=row.pk).update(status="claimed", lease_until=now + lease())
    assert reap_leases(now=now - outbox.lease() / 2) == 0
    assert ledger().statuses == ["claimed"]


def test_a_channel_paused_by_a_clock_ahead_goes_on(queue, deliver, ledger, smtp_server, settings):
    """The longest pause is half an hour; one that lasts longer comes from a wrong clock."""
    queue(1)
    SenderState.objects.create(channel="email", paused_until=timezone.now() + DAY, failures=3)
    assert deliver() == 1
    assert ledger().statuses == ["sent"]
