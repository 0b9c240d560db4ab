"""A real worker is killed with -9 in the middle of its sending, again and again; the mail server counts."""

import random
import time

import pytest
from django.db import connection
from django_q.tasks import async_task

from automations.models import Automation, Delivery
from automations.services.deliveries import mark_deliveries_sent, resend_deliveries
from contacts.services import ContactDraft, save_contacts, subscribe_contacts, tag_contacts
from tests.automations.conftest import build_automation
from tests.automations.delivery.conftest import EMAIL
from tests.factories import ListFactory, TagFactory

PEOPLE, KILLS = 300, 4
#: What may be under way when a worker dies: one message for each process that sends.
SENDERS = 1 if connection.vendor == "sqlite" else 2
UNSETTLED = ("pending", "claimed", "sending")

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def process_environment(smtp_server):
    smtp_server.hang(0.03, keeps=True)  # taken, and not yet said: the moment that matters
    return {
        "EMAIL_URL": smtp_server.url,
        "EMAIL_TIMEOUT": "5",
        "DELIVERY_LEASE_SECONDS": "4",
        "Q_WORKERS": "2",
    }


@pytest.fixture
def mailing(worker) -> Automation:
    """300 contacts, tagged at once, on their way to an e-mail; nothing has run yet."""
    tag, news = TagFactory(), ListFactory()
    automation = build_automation(
        triggers=[("tag_added", {"tags": [tag.pk]})],
        steps=[("add_note", {"text": "first"}), ("send_email", EMAIL), ("add_note", {"text": "last"})],
    )
    drafts = [
        ContactDraft(email=f"p{number}@example.com", standard={"first_name": "Ada"}) for number in range(PEOPLE)
    ]
    ids = save_contacts(drafts=drafts).created
    subscribe_contacts(contacts=ids, list=news)
    tag_contacts(contacts=ids, tag=tag)
    return automation


def kill_again_and_again(worker, smtp_server):
    dice = random.Random(7)
    for _kill in range(KILLS):
        before = len(smtp_server.messages)
        worker.start()
        _wait_for(smtp_server, min(before + dice.randint(3, 40), PEOPLE))
        time.sleep(dice.random() / 20)
        worker.kill()
    assert 0 < len(smtp_server.messages) < PEOPLE, "the kills came in the middle"


def _wait_for(smtp_server, count, seconds=30):
    """Ask for work each second: what the last kill left is free once its lease is over."""
    deadline, asked = time.monotonic() + seconds, 0.0
    while len(smtp_server.messages) < count:
        assert time.monotonic() < deadline, f"{len(smtp_server.messages)} of {count} messages came"
        if time.monotonic() > asked + 1:
            asked = time.monotonic()
            for _process in range(SENDERS):
                async_task("automations.tasks.work")
        time.sleep(0.01)


def settle(worker, seconds=60):
    if not worker.running:
        worker.start()
    deadline = time.monotonic() + seconds
    while Delivery.objects.filter(status__in=UNSETTLED).exists() or Delivery.objects.count() < PEOPLE:
        assert time.monotonic() < deadline, worker.output()[-3000:]
        async_task("automations.tasks.work")
        time.sleep(1)


def statuses():
    found: dict[str, list[Delivery]] = {}
    for row in Delivery.objects.select_related("contact"):
        found.setdefault(row.status, []).append(row)
    return found


def test_kill_9_loses_nothing_and_doubles_nothing(mailing, worker, smtp_server):
    kill_again_and_again(worker, smtp_server)
    settle(worker)
    got, ledger = smtp_server.recipients(), statuses()
    assert set(got.values()) == {1}, "nobody got it twice"
    assert set(ledger) <= {"sent", "uncertain"}
    uncertain = ledger.get("uncertain", [])
    assert len(uncertain) <= KILLS * SENDERS
    assert all(got[row.contact.email] == 1 for row in ledger["sent"])
    assert len(ledger["sent"]) + len(uncertain) == PEOPLE

    # A person looks into the server's log, and decides.
    arrived = [row for row in uncertain if got[row.contact.email]]
    missing = [row for row in uncertain if not got[row.contact.email]]
    mark_deliveries_sent(deliveries=arrived)
    resend_deliveries(deliveries=missing)
    settle(worker)
    assert set(statuses()) == {"sent"}
    assert smtp_server.recipients() == {f"p{number}@example.com": 1 for number in range(PEOPLE)}
    assert mailing.enrollments.filter(status="completed").count() == PEOPLE
    worker.kill()  # it still turns the queue over; a farewell would take its time


def test_kill_9_with_the_policy_to_resend(mailing, worker, smtp_server):
    worker.environment["EMAIL_UNCERTAIN_POLICY"] = "resend"
    kill_again_and_again(worker, smtp_server)
    settle(worker)
    assert set(statuses()) == {"sent"}
    got = smtp_server.recipients()
    assert len(got) == PEOPLE, "nobody was left out"
    twice = [address for address, times in got.items() if times > 1]
    assert len(twice) <= KILLS * SENDERS and max(got.values()) <= 1 + KILLS
    worker.kill()
