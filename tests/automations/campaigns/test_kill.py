"""A real worker is killed with -9 while it puts a campaign's recipients into the ledger."""

import random
import time

import pytest
from django_q.tasks import async_task

from automations.models import Delivery
from automations.services import start_campaign
from contacts.models import Campaign
from contacts.services import ContactDraft, save_contacts, subscribe_contacts
from tests.automations.campaigns.conftest import build_campaign
from tests.factories import ListFactory

PEOPLE, KILLS = 600, 4
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def process_environment(smtp_server):
    return {
        "EMAIL_URL": smtp_server.url,
        "EMAIL_TIMEOUT": "5",
        "DELIVERY_LEASE_SECONDS": "4",
        "CAMPAIGN_BATCH_SIZE": "20",
        "EMAIL_RATE_PER_MINUTE": "1",
        "Q_WORKERS": "2",
    }


def rows():
    return Delivery.objects.count()


def wait_for(reached, worker, seconds=60):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, worker.output()[-3000:]
        time.sleep(0.005)


def test_kill_9_loses_nobody_and_doubles_nobody(worker):
    news = ListFactory()
    ids = save_contacts(drafts=[ContactDraft(email=f"p{n}@example.com") for n in range(PEOPLE)]).created
    subscribe_contacts(contacts=ids, list=news)
    campaign = build_campaign(lists=[news])
    start_campaign(campaign=campaign)
    dice, seen = random.Random(3), []
    for _kill in range(KILLS):
        before = rows()
        worker.start()
        async_task("automations.tasks.work")
        wanted = min(before + dice.randint(1, 100), PEOPLE)
        wait_for(lambda wanted=wanted: rows() >= wanted, worker)
        time.sleep(dice.random() / 50)
        worker.kill()
        seen.append(rows())
        campaign.refresh_from_db()
        assert campaign.recipients == seen[-1], "what is counted is what is there"
    assert any(0 < count < PEOPLE for count in seen), "the kills came in the middle"
    worker.start()
    async_task("automations.tasks.work")
    wait_for(lambda: Campaign.objects.get().expanded_at is not None, worker)
    worker.kill()
    campaign.refresh_from_db()
    assert sorted(Delivery.objects.values_list("contact_id", flat=True)) == sorted(ids)
    assert campaign.recipients == PEOPLE
