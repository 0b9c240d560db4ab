"""Campaigns, their people, and the fixtures of the ledger's tests."""

import pytest

from automations.services import save_campaign
from tests.automations.delivery.conftest import deliver, ledger, news, people, queue  # noqa: F401 fixtures
from tests.factories import ListFactory

CONTENT = {"subject": "Hello {{ contact.first_name }}", "html": "<p>Dear {{ contact.first_name }}</p>"}


def build_campaign(*, lists=None, **values):
    lists = [ListFactory()] if lists is None else lists
    return save_campaign(values={"name": "Spring", **CONTENT, **values}, lists=lists)


@pytest.fixture
def campaign(db, news):  # noqa: F811 a fixture
    return build_campaign(lists=[news])


@pytest.fixture
def counts():
    from contacts.models import CampaignCount

    def read(campaign):
        found = {}
        for row in CampaignCount.objects.filter(campaign=campaign):
            found[row.metric] = found.get(row.metric, 0) + row.amount
        return found

    return read
