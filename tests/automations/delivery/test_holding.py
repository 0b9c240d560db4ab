"""Messages in the ledger while their automation is inactive: held, and sent when it is active again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.models import Automation, Delivery
from automations.services import activate, cancel_deliveries, deactivate, resend_deliveries
from automations.services.activation import late_work
from tests.automations.delivery.conftest import EMAIL
from tests.peers.http import Answer

MINUTE = timedelta(minutes=1)


def automation_of(rows):
    return Automation.objects.get(pk=rows[0].automation_id)


def test_what_is_not_sent_is_held_and_goes_on_when_it_is_active_again(queue, deliver, ledger, mailoutbox):
    automation = automation_of(queue(3))
    deactivate(automation=automation)
    assert ledger().statuses == ["held"] * 3
    assert late_work(automation, timezone.now()) == (0, 3)
    deliver()
    deliver(timedelta(days=1))
    assert mailoutbox == [] and ledger().statuses == ["held"] * 3
    assert activate(automation=automation) == (0, 3)
    deliver()
    assert ledger().statuses == ["sent"] * 3
    assert len({tuple(mail.to) for mail in mailoutbox}) == len(mailoutbox) == 3
    assert late_work(automation, timezone.now()) == (0, 0)


def test_other_automations_messages_go_on(queue, people, deliver, ledger, mailoutbox):
    stopped = automation_of(queue(3))
    going = automation_of(queue(contacts=people(0) or [row.contact for row in ledger(stopped).rows[:2]]))
    deactivate(automation=stopped)
    deliver()
    assert ledger(stopped).statuses == ["held"] * 3 and ledger(going).statuses == ["sent"] * 2


@pytest.mark.parametrize(("active", "expected"), [(False, "held"), (True, "sent")])
def test_one_that_comes_back_to_the_queue_later_is_held_too(queue, deliver, ledger, http_target, active, expected):
    http_target.script(Answer(status=503))
    automation = automation_of(queue(steps=[("webhook", {"url": http_target.url})]))
    deliver()
    Automation.objects.filter(pk=automation.pk).update(is_active=active)  # as the circuit breaker does
    assert ledger().statuses == ["pending"]
    deliver(2 * MINUTE)
    assert ledger().statuses == [expected] and len(http_target.requests) == (2 if active else 1)


def test_held_ones_do_not_keep_others_waiting(queue, people, ledger, monkeypatch):
    """More than a batch of them stand in front; one round gets past them."""
    monkeypatch.setattr("automations.delivery.outbox.CLAIM", 2)
    contacts = people(5)
    stopped = automation_of(queue(contacts=contacts))
    going = automation_of(queue(contacts=contacts[:1]))
    Automation.objects.filter(pk=stopped.pk).update(is_active=False)
    assert deliver_due(now=timezone.now) == 1
    assert ledger(stopped).statuses == ["held"] * 5 and ledger(going).statuses == ["sent"]


def test_they_are_released_at_the_throttled_rate_before_the_contacts(queue, ledger, settings):
    settings.LATE_RELEASE_PER_MINUTE = 2
    steps = [("send_email", EMAIL), ("wait", {"mode": "period", "amount": 1, "unit": "hours"})]
    automation = automation_of(queue(3, steps=steps))
    now = timezone.now()
    deactivate(automation=automation, now=now)
    late = now + timedelta(days=1)
    assert activate(automation=automation, now=late) == (3, 3)
    assert [row.due_at for row in ledger().rows] == [late, late, late + MINUTE]
    due = sorted(automation.enrollments.values_list("due_at", flat=True))
    assert due == [late + MINUTE, late + 2 * MINUTE, late + 2 * MINUTE]


def test_a_retry_keeps_its_moment(queue, deliver, ledger, http_target):
    http_target.script(Answer(status=503))
    automation = automation_of(queue(steps=[("webhook", {"url": http_target.url})]))
    deliver()
    due = ledger().first.due_at
    deactivate(automation=automation)
    assert ledger().statuses == ["held"]
    activate(automation=automation)
    assert (ledger().first.status, ledger().first.due_at) == ("pending", due)


def test_a_person_may_cancel_a_held_one(queue, ledger):
    automation = automation_of(queue(2))
    deactivate(automation=automation)
    cancel_deliveries(deliveries=ledger().rows[:1])
    activate(automation=automation)
    assert ledger().statuses == ["skipped", "pending"]


def test_one_sent_again_by_a_person_waits_for_the_activation(queue, deliver, ledger):
    automation = automation_of(queue())
    Delivery.objects.update(status="failed")
    deactivate(automation=automation)
    assert ledger().statuses == ["failed"]
    resend_deliveries(deliveries=ledger().rows)
    deliver()
    assert ledger().statuses == ["held"]


def test_the_api_says_how_many_are_released(queue, api):
    automation = automation_of(queue(2))
    assert api.post(f"/api/v1/automations/{automation.pk}/deactivate/").status_code == 200
    figures = api.get(f"/api/v1/automations/{automation.pk}/figures/").json()
    assert figures["deliveries"] == {"held": 2}
    answer = api.post(f"/api/v1/automations/{automation.pk}/activate/").json()
    assert (answer["late"], answer["held"]) == (0, 2)


@pytest.mark.postgres
def test_held_rows_are_outside_the_senders_index(queue, people):
    """A claim reads only what may be sent: what is held, however much, is no part of its index."""
    automation = automation_of(queue(2))
    deactivate(automation=automation)
    due = Delivery.objects.filter(channel="email", status="pending", due_at__lte=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "delivery_due" in due.order_by("due_at", "pk").explain()
        cursor.execute("SELECT pg_get_indexdef('delivery_due'::regclass)")
        assert "'pending'" in cursor.fetchone()[0]
