"""A list costs the same number of queries with 1 row and with 40."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import (
    AppConnection,
    AppDelivery,
    Campaign,
    CampaignLink,
    Conversion,
    CustomEvent,
    CustomField,
    EmailActivity,
    EmailReply,
    ImportJob,
    List,
    Note,
    PageVisit,
    PostmarkServer,
    Score,
    Segment,
    SentEmail,
    Tag,
    TrackedDomain,
)
from contacts.services import (
    adjust_scores,
    create_contact,
    record_conversion,
    record_event,
    subscribe_contacts,
    suppress_address,
    tag_contacts,
)
from tests.peers.apps import source

pytestmark = pytest.mark.django_db


def fill(start: int, count: int, mailing_list: List, tag: Tag) -> None:
    campaign = Campaign.objects.create(name="News")
    for n in range(start, start + count):
        contact = create_contact(email=f"c{n}@example.com", custom={"age": n, "likes": ["a", "b"]})
        tag_contacts(contacts=contact, tag=tag)
        subscribe_contacts(contacts=contact, list=mailing_list)
        event = CustomEvent.objects.create(name=f"event {n}")
        record_event(contacts=contact, event=event)
        email = SentEmail.objects.create(contact=contact, campaign=campaign, subject="x", sent_at=timezone.now())
        link = CampaignLink.objects.create(campaign=campaign, url=f"https://example.com/{n}")
        EmailActivity.objects.create(contact=contact, email=email, campaign=campaign, link=link, action="click")
        EmailReply.objects.create(contact=contact, email=email, subject="Re: x")
        PostmarkServer.objects.create(name=f"server {n}", token="t")
        PageVisit.objects.create(contact=contact, url=f"https://s{n}.com/")
        TrackedDomain.objects.create(domain=f"s{n}.com")
        adjust_scores(contacts=contact, score=Score.objects.create(name=f"score {n}"), points=1)
        record_conversion(contacts=contact, conversion=Conversion.objects.create(name=f"conversion {n}"))
        form = source("typeform", f"form {n}")
        AppDelivery.objects.create(connection=form.connection, external_id=str(n), outcome="failed")
        AppConnection.objects.create(app="typeform", name=f"connection {n}")
        Note.objects.create(contact=contact, text="x")
        Tag.objects.create(name=f"tag {n}")
        List.objects.create(name=f"list {n}")
        Segment.objects.create(name=f"segment {n}")
        CustomField.objects.create(key=f"field{n}", label="x", type="text")
        suppress_address(address=f"s{n}@example.com", reason="manual")
        ImportJob.objects.create(file="x.csv")
        get_user_model().objects.create(username=f"user{n}")


def test_lists_cost_the_same_however_long(api):
    paths = [
        "contacts", "tags", "lists", "fields", "segments", "notes", "subscriptions", "suppressions", "users",
        "imports", "events", "event-types", "sites", "page-visits", "scores", "contact-scores",
        "conversions", "conversion-records", "emails", "email-activity", "email-links", "email-replies",
        "postmark-servers",
        "app-connections", "app-sources", "app-deliveries",
    ]  # fmt: skip
    CustomField.objects.create(key="age", label="x", type="number")
    CustomField.objects.create(key="likes", label="x", type="multiselect", options=["a", "b"])
    tag, mailing_list = Tag.objects.create(name="VIP"), List.objects.create(name="News")

    def costs() -> dict[str, tuple[int, bool]]:
        found = {}
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                page = api.get(f"/api/v1/{path}/", {"page_size": 500}).json()["results"]
            found[path] = len(queries), len(page) >= 40
        return found

    fill(0, 1, mailing_list, tag)
    costs()
    few = costs()
    fill(1, 39, mailing_list, tag)
    many = costs()
    assert all(long for _count, long in many.values())
    assert {path: count for path, (count, _l) in few.items()} == {
        path: count for path, (count, _l) in many.items()
    }
    assert max(count for count, _l in many.values()) <= 8
