"""The condition `email_activity`: what, of which e-mail, which link, how often, when; machines left out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting
from contacts.models import Campaign, CampaignLink, EmailActivity, SentEmail
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

# who, action, campaign, link, days ago, by a machine
DONE = [
    ("opener", "open", "news", None, 1, False),
    ("clicker", "open", "news", None, 1, False),
    ("clicker", "click", "news", "a", 1, False),
    ("clicker", "click", "news", "b", 10, False),
    ("machine", "open", "news", None, 1, True),
    ("machine", "click", "news", "a", 1, True),
    ("other", "click", "offer", "c", 1, False),
    ("friend", "share", "news", None, 1, False),
    ("friend", "forward", "news", None, 1, False),
    ("friend", "reply", "news", None, 1, False),
]
PEOPLE = {"never", *(row[0] for row in DONE)}
TABLE = [
    ({"op": "opened"}, {"opener", "clicker"}),
    ({"op": "not_opened"}, PEOPLE - {"opener", "clicker"}),
    ({"op": "clicked"}, {"clicker", "other"}),
    ({"op": "clicked", "campaign": "news"}, {"clicker"}),
    ({"op": "not_clicked", "campaign": "news"}, PEOPLE - {"clicker"}),
    ({"op": "clicked", "campaign": "news", "link": "b"}, {"clicker"}),
    ({"op": "clicked", "campaign": "news", "link": "b", "days": 9}, set()),
    ({"op": "clicked", "campaign": "offer"}, {"other"}),
    ({"op": "clicked", "times": 2}, {"clicker"}),
    ({"op": "clicked", "times": 2, "days": 9}, set()),
    ({"op": "clicked", "times": 3}, set()),
    ({"op": "not_clicked", "times": 2}, PEOPLE - {"clicker"}),
    ({"op": "shared"}, {"friend"}),
    ({"op": "not_shared"}, PEOPLE - {"friend"}),
    ({"op": "forwarded", "campaign": "news"}, {"friend"}),
    ({"op": "not_forwarded", "campaign": "offer"}, PEOPLE),
    ({"op": "replied"}, {"friend"}),
    ({"op": "not_replied"}, PEOPLE - {"friend"}),
]


@pytest.mark.parametrize(("settings", "wanted"), TABLE)
def test_who_meets_it(settings, wanted) -> None:
    now = timezone.now()
    campaigns = {name: Campaign.objects.create(name=name) for name in ("news", "offer")}
    links = {
        name: CampaignLink.objects.create(campaign=campaigns[of], url=f"https://example.com/{name}")
        for name, of in (("a", "news"), ("b", "news"), ("c", "offer"))
    }
    people = {name: ContactFactory(first_name=name) for name in PEOPLE}
    for name, action, campaign, link, days, machine in DONE:
        email = SentEmail.objects.create(contact=people[name], campaign=campaigns[campaign])
        EmailActivity.objects.create(
            contact=people[name],
            email=email,
            campaign=campaigns[campaign],
            action=action,
            link=links.get(link),
            machine=machine,
            at=now - timedelta(days=days),
        )
    given = dict(settings)
    if "campaign" in given:
        given["campaign"] = campaigns[given["campaign"]].pk
    if "link" in given:
        given["link"] = links[given["link"]].pk
    tree = clean_tree({"match": "all", "conditions": [{"type": "email_activity", **given}]})
    found = contacts_meeting(tree, Moment(now=now)).values_list("first_name", flat=True)
    assert set(found) == wanted
