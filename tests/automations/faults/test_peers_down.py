"""The mail server and a webhook's target go away, hang and refuse, one after the other, under two clusters.

Pauses are as long as they are; the test ends them, since it can't wait for hours. What each single
answer leads to is in `delivery/test_smtp_outcomes.py` and `delivery/test_webhooks.py`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone

from automations.models import Delivery, Enrollment, SenderState
from tests.automations.conftest import build_automation
from tests.automations.faults.conftest import EMAIL, enter, eventually, through, wake
from tests.factories import ListFactory, TagFactory
from tests.peers.http import Answer, HttpTarget
from tests.peers.processes import free_port
from tests.peers.smtp import SmtpServer

PEOPLE = 200
HANGS = 4  # seconds; the processes wait for one
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mail_port() -> int:
    """Nobody listens there until a test lets somebody."""
    return free_port()


@pytest.fixture
def process_environment(mail_port: int) -> dict[str, str]:
    return {
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}", "EMAIL_TIMEOUT": "1", "WEBHOOK_TIMEOUT": "1",
        "DELIVERY_LEASE_SECONDS": "6", "Q_WORKERS": "1",
    }  # fmt: skip


def start(step: tuple[str, dict]):
    tag = TagFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [tag.pk]})], steps=[step])
    enter(PEOPLE, tag, ListFactory())
    return automation


def end_pauses() -> None:
    now = timezone.now()
    SenderState.objects.filter(paused_until__gt=now).update(paused_until=now)
    Delivery.objects.filter(status="pending", due_at__gt=now).update(due_at=now)


def end_pauses_and_wake() -> None:
    end_pauses()
    wake()


def statuses() -> Counter[str]:
    return Counter(Delivery.objects.values_list("status", flat=True))


@contextmanager
def there(peer) -> Iterator:
    peer.start()
    yield peer
    peer.stop()


def until_it_pauses(clusters, *texts: str) -> None:
    """The channel stands still, and says why."""

    def paused() -> bool:
        state = SenderState.objects.filter(failures__gt=0, paused_until__gt=timezone.now()).first()
        return state is not None and any(text in state.error for text in texts)

    eventually(paused, 60, lambda: (SenderState.objects.values(), clusters[0].output()[-3000:]))


def test_a_mail_server_in_all_its_moods(clusters, mail_port):
    automation = start(("send_email", EMAIL))
    until_it_pauses(clusters, "refused")
    assert set(statuses()) <= {"pending", "claimed"} and sum(statuses().values()) == PEOPLE
    with there(SmtpServer(port=mail_port)) as server:
        server.hang(HANGS, at="mail")
        end_pauses()
        until_it_pauses(clusters, "timed out")
        server.drop(at="mail")
        end_pauses()
        until_it_pauses(clusters, "closed", "reset")
        assert server.messages == []

        server.refuse(451, "come back later", times=60)
        put_off = Delivery.objects.filter(status="pending", error__contains="come back later")
        eventually(lambda: put_off.count() >= 30, 60, statuses, meanwhile=end_pauses_and_wake)
        server.hang(HANGS, at="data", keeps=True, times=1)
        eventually(lambda: statuses()["uncertain"] == 1, 60, statuses, meanwhile=end_pauses_and_wake)
        nobody = Delivery.objects.filter(status="pending").order_by("-due_at").first().contact.email
        server.refuse(550, "no such user", recipient=nobody)
        eventually(lambda: through(automation), 90, statuses, meanwhile=end_pauses_and_wake)
        for cluster in clusters:
            cluster.kill()
        got = server.recipients()
    assert set(got.values()) == {1}, "nobody got it twice"
    assert len(got) == PEOPLE - 1 and nobody not in got
    assert statuses() == {"sent": PEOPLE - 2, "uncertain": 1, "failed": 1}
    assert set(Enrollment.objects.values_list("status", flat=True)) == {"completed"}


def test_a_target_of_webhooks_that_is_down(clusters):
    port = free_port()
    automation = start(("webhook", {"url": f"http://127.0.0.1:{port}/hook", "secret": "s3cret"}))
    waiting = Delivery.objects.filter(status="pending", attempts__gt=0)
    eventually(lambda: waiting.exists(), 60, statuses)
    assert set(statuses()) <= {"pending", "claimed", "sending"}
    with there(HttpTarget(port=port)) as target:
        for mood in (Answer(503), Answer(drop=True), Answer(seconds=HANGS)):
            target.default = mood
            seen = len(target.requests)
            eventually(
                lambda seen=seen: len(target.requests) > seen + 2, 60, statuses, meanwhile=end_pauses_and_wake
            )
            assert statuses()["sent"] == 0
        target.default = Answer()
        eventually(lambda: through(automation), 90, statuses, meanwhile=end_pauses_and_wake)
        for cluster in clusters:
            cluster.kill()
        keys = Counter(request.headers["idempotency-key"] for request in target.requests)
    assert statuses() == {"sent": PEOPLE}
    assert len(keys) == PEOPLE and max(keys.values()) > 1, "repeated under the key it had"
    assert set(Enrollment.objects.values_list("status", flat=True)) == {"completed"}
