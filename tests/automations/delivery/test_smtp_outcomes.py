"""What an SMTP server answers, or doesn't, and what becomes of the ledger's row."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.delivery.outbox import MAX_ATTEMPTS, PAUSES, reap_leases
from automations.models import Delivery, SenderState, StepCount
from tests.peers.processes import free_port
from tests.peers.smtp import SmtpServer

FAR = timedelta(days=3)
pytestmark = pytest.mark.usefixtures("smtp_server")


@pytest.fixture(autouse=True)
def impatient(settings):
    settings.EMAIL_TIMEOUT = 0.5


def counted(metric):
    return sum(StepCount.objects.filter(metric=metric).values_list("amount", flat=True))


def test_accepted(queue, deliver, ledger, smtp_server):
    queue(3)
    assert deliver() == 3
    assert smtp_server.recipients() == {f"p{number}@example.com": 1 for number in range(3)}
    assert ledger().statuses == ["sent"] * 3
    row = ledger().first
    assert row.sent_at and row.attempts == 1 and row.error == "" and row.lease_until is None
    assert smtp_server.messages[0].message["Message-ID"] == row.message_id
    assert smtp_server.messages[0].subject == "Hello Ada"
    assert counted("sent") == 3
    assert smtp_server.connections == 1
    assert deliver(FAR) == 0


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(
    ("code", "status"), [(451, "pending"), (450, "pending"), (550, "failed"), (554, "failed")]
)
def test_refused(at, code, status, queue, deliver, ledger, smtp_server):
    queue(2)
    smtp_server.refuse(code, "because", at=at, times=1)
    deliver()
    assert ledger().statuses == [status, "sent"], "one refusal is one message's"
    row = ledger().first
    assert str(code) in row.error and "because" in row.error
    assert not SenderState.objects.filter(paused_until__isnull=False).exists()


def test_one_recipient_refused(queue, deliver, ledger, smtp_server):
    queue(3)
    smtp_server.refuse(550, "no such user", recipient="p1@example.com")
    deliver()
    assert ledger().statuses == ["sent", "failed", "sent"]
    assert counted("failed") == 1


def test_temporary_refusals_pause_longer_and_longer_then_fail(queue, deliver, ledger, smtp_server):
    queue(1)
    smtp_server.refuse(451, "later")
    moment, pauses = timedelta(), []
    for _attempt in range(MAX_ATTEMPTS - 1):
        assert deliver(moment) == 1
        row = ledger().first
        assert row.status == "pending"
        pauses.append(round((row.due_at - timezone.now() - moment).total_seconds()))
        assert deliver(moment + timedelta(seconds=pauses[-1] - 2)) == 0, "not before its time"
        moment += timedelta(seconds=pauses[-1] + 1)
    assert pauses == sorted(pauses) and pauses[0] == PAUSES[0] and pauses[-1] == PAUSES[-1]
    deliver(moment)
    assert ledger().statuses == ["failed"] and ledger().first.attempts == MAX_ATTEMPTS
    assert deliver(moment + FAR) == 0


def test_recovers_after_a_temporary_refusal(queue, deliver, ledger, smtp_server):
    queue(1)
    smtp_server.refuse(451, "later", times=1)
    deliver()
    deliver(timedelta(seconds=PAUSES[0] + 1))
    row = ledger().first
    assert (row.status, row.attempts, row.error) == ("sent", 2, "")
    assert smtp_server.recipients() == {"p0@example.com": 1}


def test_connection_refused_pauses_the_channel(queue, deliver, ledger, smtp_server, settings):
    queue(60)
    settings.EMAIL_PORT = free_port()
    moment, pauses = timedelta(), []
    for _failure in range(4):
        deliver(moment)
        state = SenderState.objects.get(channel="email")
        pauses.append(round((state.paused_until - timezone.now() - moment).total_seconds()))
        assert deliver(moment + timedelta(seconds=pauses[-1] - 2)) == 0, "paused"
        moment += timedelta(seconds=pauses[-1] + 1)
    assert pauses == [10, 20, 40, 80]
    assert state.failures == 4 and "can't be reached" in state.error
    assert set(ledger().statuses) == {"pending"}
    assert {row.attempts for row in ledger().rows} == {0}, "no row was tried one by one"
    settings.EMAIL_PORT = smtp_server.port
    assert (deliver(moment), deliver(moment)) == (50, 10)
    assert set(ledger().statuses) == {"sent"} and len(smtp_server.messages) == 60
    state.refresh_from_db()
    assert (state.failures, state.paused_until, state.error) == (0, None, "")


def test_a_paused_channel_does_not_hold_up_the_others(queue, deliver, settings, http_target):
    settings.EMAIL_PORT = free_port()
    queue(1, steps=[("send_email", {"subject": "a", "html": "b"}), ("webhook", {"url": http_target.url})])
    deliver()
    assert len(http_target.requests) == 1


@pytest.mark.parametrize("backend", ["anymail.backends.postmark.EmailBackend", "no.such.Backend"])
def test_a_channel_with_wrong_settings_pauses_and_holds_up_nobody(
    backend, queue, deliver, ledger, settings, http_target
):
    settings.EMAIL_BACKEND = backend
    queue(1, steps=[("send_email", {"subject": "a", "html": "b"}), ("webhook", {"url": http_target.url})])
    deliver()
    assert ledger().statuses == ["pending", "sent"]
    assert SenderState.objects.get(channel="email").failures == 1


def test_authentication_refused(queue, deliver, ledger, settings):
    server = SmtpServer(password="right")
    server.start()
    settings.EMAIL_PORT, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = server.port, "me", "wrong"
    queue(2)
    deliver()
    state = SenderState.objects.get(channel="email")
    assert "log-in" in state.error and "535" in state.error
    assert [(row.status, row.attempts) for row in ledger().rows] == [("pending", 0)] * 2
    settings.EMAIL_HOST_PASSWORD = "right"
    deliver(timedelta(seconds=11))
    assert ledger().statuses == ["sent", "sent"]
    server.stop()


def test_silence_after_the_text_is_uncertain_and_never_doubled(queue, deliver, ledger, smtp_server):
    queue(3)
    smtp_server.hang(1.5, keeps=True, times=1)
    deliver()
    assert ledger().statuses == ["uncertain", "pending", "pending"], "the rest waits for the server to recover"
    assert [row.attempts for row in ledger().rows] == [1, 0, 0]
    assert SenderState.objects.get().failures == 1
    smtp_server.behave()
    deliver(timedelta(seconds=11))
    assert ledger().statuses == ["uncertain", "sent", "sent"]
    reap_leases(now=timezone.now() + FAR)
    deliver(FAR)
    assert ledger().statuses == ["uncertain", "sent", "sent"]
    assert smtp_server.recipients() == {f"p{number}@example.com": 1 for number in range(3)}


@pytest.mark.parametrize("keeps", [True, False])
def test_dropped_after_the_text_is_uncertain(keeps, queue, deliver, ledger, smtp_server):
    queue(2)
    smtp_server.drop(keeps=keeps, times=1)
    deliver()
    deliver(timedelta(seconds=11))
    assert ledger().statuses == ["uncertain", "sent"]
    assert len(smtp_server.messages) == 1 + keeps


def test_a_server_that_hangs_up_between_messages(queue, deliver, ledger, smtp_server):
    queue(4)
    smtp_server.hang_up()
    deliver()
    assert ledger().statuses == ["sent"] * 4
    assert [row.attempts for row in ledger().rows] == [1] * 4
    assert set(smtp_server.recipients().values()) == {1}
    assert smtp_server.connections == 4


@pytest.mark.parametrize("at", ["mail", "rcpt"])
def test_dropped_before_the_text_is_tried_on_a_new_connection(at, queue, deliver, ledger, smtp_server):
    queue(2)
    smtp_server.drop(at=at, times=1)
    deliver()
    assert ledger().statuses == ["sent", "sent"]
    assert set(smtp_server.recipients().values()) == {1}


def test_dropped_before_the_text_again_and_again_pauses_the_channel(queue, deliver, ledger, smtp_server):
    queue(3)
    smtp_server.drop(at="mail")
    deliver()
    assert [(row.status, row.attempts) for row in ledger().rows] == [
        ("pending", 1),
        ("pending", 0),
        ("pending", 0),
    ]
    assert SenderState.objects.get().failures == 1
    smtp_server.behave()
    deliver(timedelta(seconds=PAUSES[0] + 1))
    assert ledger().statuses == ["sent"] * 3


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
def test_421_closes_the_connection_and_is_no_refusal(at, queue, deliver, ledger, smtp_server):
    queue(2)
    smtp_server.refuse(421, "closing", at=at, times=1)
    deliver()
    assert ledger().statuses == ["sent", "sent"]
    assert set(smtp_server.recipients().values()) == {1}


def test_nothing_answers_the_connection(queue, deliver, ledger, settings):
    """A port that accepts and never says a word: the greeting times out, nothing is uncertain."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT = silent.getsockname()[1]
        queue(2)
        deliver()
    assert [(row.status, row.attempts) for row in ledger().rows] == [("pending", 0)] * 2


def test_resend_policy_tries_again_what_was_left_open(queue, deliver, ledger, smtp_server, settings):
    settings.EMAIL_UNCERTAIN_POLICY = "resend"
    queue(1)
    smtp_server.drop(keeps=True, times=1)
    deliver()
    assert ledger().statuses == ["pending"]
    deliver(timedelta(seconds=PAUSES[0] + 1))
    assert ledger().statuses == ["sent"]
    first, second = smtp_server.messages
    assert first.message["Message-ID"] == second.message["Message-ID"], "mail programs can see that it is the same"


def test_notifications_go_the_same_way(queue, deliver, ledger, smtp_server, settings):
    settings.SERVER_EMAIL = "system@example.com"
    notify = {"who": "address", "address": "team@example.com", "subject": "New: {{ contact.name }}", "text": "Hi"}
    queue(1, steps=[("notify", notify)])
    smtp_server.refuse(451, times=1)
    deliver()
    deliver(timedelta(seconds=PAUSES[0] + 1))
    (received,) = smtp_server.messages
    assert received.recipients == ("team@example.com",) and received.sender == "system@example.com"
    assert received.subject.startswith("New: Ada") and received.message["List-Unsubscribe"] is None
    assert Delivery.objects.get().status == "sent"
