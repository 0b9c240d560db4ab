"""Claims, leases and attempts: who holds a row, who has lost it, and what may still be said about it."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from automations.delivery import outbox
from automations.delivery.channels.email import EmailChannel
from automations.delivery.outbox import MAX_ATTEMPTS, deliver_due, reap_leases
from automations.models import Delivery, Enrollment, StepCount
from automations.services.deliveries import cancel_deliveries, mark_deliveries_sent, resend_deliveries

HOUR = timedelta(hours=1)


def claim(now=None):
    return outbox._claim(EmailChannel(), now or timezone.now())


def test_a_claimed_row_is_nobody_elses(queue, deliver, ledger):
    queue(2)
    assert len(claim()) == 2
    assert claim() == [] and deliver() == 0
    assert ledger().statuses == ["claimed", "claimed"]


def test_a_crash_before_the_hand_over_costs_nothing(queue, deliver, ledger, smtp_server):
    queue(2)
    claim()
    assert reap_leases(now=timezone.now() + HOUR) == 2
    deliver(HOUR)
    assert ledger().statuses == ["sent", "sent"] and set(smtp_server.recipients().values()) == {1}


def test_a_lease_that_is_not_over_is_left_alone(queue, ledger):
    queue(1)
    claim()
    assert reap_leases(now=timezone.now() + outbox.lease() - timedelta(seconds=5)) == 0
    assert ledger().statuses == ["claimed"]


@pytest.mark.parametrize(
    ("policy", "channel", "attempts", "status"),
    [
        ("hold", "email", 1, "uncertain"),
        ("hold", "notification", 1, "uncertain"),
        ("hold", "webhook", 1, "pending"),
        ("resend", "email", 1, "pending"),
        ("resend", "email", MAX_ATTEMPTS, "uncertain"),
        ("hold", "webhook", MAX_ATTEMPTS, "uncertain"),
    ],
)
def test_a_crash_in_the_hand_over(policy, channel, attempts, status, queue, ledger, settings):
    settings.EMAIL_UNCERTAIN_POLICY = policy
    queue(1)
    (row,) = claim()
    outbox._begin(row, timezone.now())
    Delivery.objects.update(channel=channel, attempts=attempts)
    assert reap_leases(now=timezone.now() + HOUR) == 1
    assert ledger().statuses == [status] and ledger().first.error


def test_a_row_given_back_and_claimed_by_another_is_sent_once(queue, deliver, ledger, smtp_server):
    """The first sender still believes it holds the row; its claim is not the one that stands there."""
    queue(1)
    (mine,) = claim()
    reap_leases(now=timezone.now() + HOUR)
    (theirs,) = claim(timezone.now() + HOUR)
    assert not outbox._begin(mine, timezone.now())
    outbox._give_back([mine], mine.lease_until)
    assert ledger().statuses == ["claimed"], "another's claim is not given back"
    outbox._dismiss(mine, "cancelled", timezone.now())
    assert ledger().statuses == ["claimed"], "nor skipped"
    assert outbox._begin(theirs, timezone.now() + HOUR)
    assert not outbox._begin(theirs, timezone.now() + HOUR)


@pytest.fixture
def slow_sender(queue):
    """A sender in the middle of a hand-over that takes longer than its lease."""
    queue(1)
    (row,) = claim()
    assert outbox._begin(row, timezone.now())
    reap_leases(now=timezone.now() + HOUR)
    return row


def test_the_late_truth_settles_an_uncertain_row(slow_sender, ledger):
    assert ledger().statuses == ["uncertain"]
    outbox._settle(slow_sender, timezone.now(), status="sent", message_id="<x>", error="")
    assert (ledger().first.status, ledger().first.message_id) == ("sent", "<x>")
    assert StepCount.objects.get(metric="sent").amount == 1


def test_the_late_truth_keeps_a_row_from_being_sent_again(slow_sender, ledger, deliver, smtp_server):
    resend_deliveries(deliveries=[slow_sender])
    Delivery.objects.update(attempts=1)
    outbox._settle(slow_sender, timezone.now(), status="sent", error="")
    deliver()
    assert ledger().statuses == ["sent"] and not smtp_server.messages


def test_the_late_truth_does_not_touch_a_later_attempt(slow_sender, ledger):
    resend_deliveries(deliveries=[slow_sender])  # which counts its attempts from nought again
    (again,) = claim(timezone.now() + timedelta(seconds=1))
    assert outbox._begin(again, timezone.now() + timedelta(seconds=1))
    assert again.attempts == slow_sender.attempts
    outbox._settle(slow_sender, timezone.now(), status="failed", error="late")
    assert ledger().statuses == ["sending"]
    assert not StepCount.objects.filter(metric="failed").exists()


def test_the_late_truth_does_not_touch_a_decision(slow_sender, ledger):
    cancel_deliveries(deliveries=[slow_sender])
    outbox._settle(slow_sender, timezone.now(), status="pending", error="late")
    assert (ledger().first.status, ledger().first.skip_reason) == ("skipped", "cancelled")
    mark_deliveries_sent(deliveries=[slow_sender])
    assert ledger().statuses == ["skipped"]


def test_a_slow_provider_keeps_no_more_than_it_can_send(queue, ledger, smtp_server, settings):
    """Half of the lease is for sending; what was not reached goes back before others take it over."""
    settings.DELIVERY_LEASE_SECONDS = 1
    smtp_server.hang(0.2)
    queue(12)
    deliver_due(now=timezone.now)
    sent = ledger().statuses.count("sent")
    assert 1 < sent < 6 and ledger().statuses.count("pending") == 12 - sent
    assert set(Delivery.objects.filter(status="pending").values_list("attempts", flat=True)) == {0}
    while deliver_due(now=timezone.now):
        pass
    assert set(ledger().statuses) == {"sent"} and set(smtp_server.recipients().values()) == {1}


def test_once_to_a_contact_and_pass(queue, ledger):
    """A loop back to the step, or a batch that was rolled back and taken again, queues nothing new."""
    queue(2)
    Enrollment.objects.update(
        status="active", step_key=ledger().first.step_key, arrived=False, visit=9, due_at=timezone.now()
    )
    from tests.automations.delivery.conftest import advance

    advance()
    assert len(ledger().rows) == 2


def test_poison_parks_itself_and_the_rest_goes_on(queue, people, deliver, ledger, smtp_server, settings):
    good, bad, other = people(3)
    bad.first_name = "Poison"
    bad.save()
    # Valid as a template; fails only for one contact, in three ways.
    subject = "{% if contact.first_name == 'Poison' %}{% for i in (1..99999) %}x{% endfor %}{% endif %}Hello"
    queue(contacts=[good, bad, other], email={"subject": subject})
    deliver()
    assert ledger().statuses == ["sent", "failed", "sent"]
    assert "personalisation failed" in ledger().rows[1].error
    assert smtp_server.recipients() == {good.email: 1, other.email: 1}
    deliver(timedelta(days=9))
    assert ledger().statuses == ["sent", "failed", "sent"]


def test_a_subject_that_is_empty_for_one_contact(queue, people, deliver, ledger):
    good, bad = people(2)
    bad.first_name = ""
    bad.save()
    queue(contacts=[good, bad], email={"subject": "{{ contact.first_name }}"})
    deliver()
    assert ledger().statuses == ["sent", "failed"] and "subject is empty" in ledger().rows[1].error


def test_what_breaks_unexpectedly_is_tried_again_then_parked(queue, deliver, ledger, smtp_server):
    """A version that can't be read any more, say: no batch, no channel stops for it."""
    queue(3)
    Delivery.objects.filter(pk=ledger().rows[1].pk).update(step_key="gone")
    deliver()
    assert ledger().statuses == ["sent", "failed", "sent"] and "gone" in ledger().rows[1].error


@pytest.mark.parametrize("rate", [3, 7])
def test_the_rate_holds_over_senders_and_minutes(rate, queue, deliver, ledger, settings):
    settings.EMAIL_RATE_PER_MINUTE = rate
    queue(10)
    assert deliver() == rate
    assert deliver() == 0, "a second sender finds no room"
    assert ledger().statuses.count("sent") == rate
    assert deliver(timedelta(seconds=50)) == 0
    deliver(timedelta(seconds=61))
    assert ledger().statuses.count("sent") == min(2 * rate, 10)


def test_rows_that_another_sender_holds_count_against_the_rate(queue, deliver, settings):
    settings.EMAIL_RATE_PER_MINUTE = 4
    queue(10)
    settings_claim = len(claim())
    assert settings_claim == 4 and deliver() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_racing_senders_send_each_message_once(queue, smtp_server, settings):
    smtp_server.hang(0.005)
    settings.EMAIL_RATE_PER_MINUTE = 100
    queue(120)
    start = Barrier(4)
    errors = []

    def sender():
        try:
            start.wait()
            while deliver_due(now=timezone.now):
                pass
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=sender) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert set(smtp_server.recipients().values()) == {1}
    assert len(smtp_server.messages) == 100, "the rate is one for all senders"
    statuses = list(Delivery.objects.values_list("status", flat=True))
    assert (statuses.count("sent"), statuses.count("pending")) == (100, 20)
