"""What is kept of opens and clicks: timeline, API, export, erasure, retention."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Schedule

from contacts.models import Campaign, CampaignCount, CampaignLink, EmailActivity, HeldClick, SentEmail
from contacts.models.engagement import EmailAction
from contacts.selectors.timeline import timeline
from contacts.services.engagement import record_email_activity
from contacts.services.privacy import erase_person, export_person
from contacts.tasks import retain
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def email():
    campaign = Campaign.objects.create(name="News")
    return SentEmail.objects.create(
        contact=ContactFactory(), campaign=campaign, subject="News", address="a@example.com", message_id="<x>",
        sent_at=timezone.now() - timedelta(days=1),
    )  # fmt: skip


@pytest.fixture
def link(email):
    return CampaignLink.objects.create(campaign=email.campaign, url="https://example.com")


def test_the_timeline_tells_what_people_did(email, link) -> None:
    record_email_activity(email=email, action=EmailAction.OPEN, machine=True)
    record_email_activity(email=email, action=EmailAction.CLICK, link=link, detail=link.url)
    titles = [entry.title for entry in timeline(contact=email.contact).entries]
    assert titles[:3] == [
        "Clicked a link of the e-mail “News”.",
        "Opened the e-mail “News”.",
        "The e-mail “News” was sent.",
    ] or set(titles[:2]) == {"Clicked a link of the e-mail “News”.", "Opened the e-mail “News”."}
    assert titles.count("Opened the e-mail “News”.") == 1


def test_every_action_has_its_sentence(email) -> None:
    for action in EmailAction:
        EmailActivity.objects.create(contact=email.contact, email=email, action=action)
    assert len(timeline(contact=email.contact).entries) == len(EmailAction) + 2


def test_filters_of_the_api(email, link, api_client, viewer) -> None:
    api = api_client(viewer)
    record_email_activity(email=email, action=EmailAction.OPEN, machine=True)
    record_email_activity(email=email, action=EmailAction.CLICK, link=link, detail=link.url)
    other = SentEmail.objects.create(contact=ContactFactory(), sent_at=timezone.now() - timedelta(days=9))

    def found(path, **query):
        answer = api.get(f"/api/v1/{path}/", query)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    assert [row["action"] for row in found("email-activity")] == ["click", "open", "open"]
    assert [row["machine"] for row in found("email-activity", action="open", machine="true")] == [True]
    assert len(found("email-activity", email=email.pk)) == 3
    assert found("email-activity", email=other.pk) == []
    assert found("email-activity", after=(timezone.now() + timedelta(hours=1)).isoformat()) == []
    assert [row["id"] for row in found("emails", contact=other.contact_id)] == [other.pk]
    assert [row["id"] for row in found("emails", campaign=email.campaign_id)] == [email.pk]
    week = (timezone.now() - timedelta(days=7)).isoformat()
    assert [row["id"] for row in found("emails", sent_before=week)] == [other.pk]
    assert [row["id"] for row in found("emails", sent_after=week)] == [email.pk]
    assert [row["url"] for row in found("email-links", campaign=email.campaign_id)] == [link.url]
    for path, query in (
        ("emails", {"contact": 999_999}), ("emails", {"kind": "post"}), ("email-activity", {"action": "read"}),
        ("email-activity", {"email": "x"}), ("email-links", {"campaign": "x"}), ("emails", {"no_such": 1}),
    ):  # fmt: skip
        assert api.get(f"/api/v1/{path}/", query).status_code == 400, (path, query)
    assert api.post("/api/v1/emails/", {}).status_code in (403, 405)


def test_a_copy_of_ones_data_and_being_forgotten(email, link) -> None:
    record_email_activity(email=email, action=EmailAction.CLICK, link=link, detail=link.url)
    now = timezone.now()
    HeldClick.objects.create(email=email, link=link, detail="https://example.com/ann", at=now, due_at=now)
    data = export_person(contact=email.contact)
    assert [(row["subject"], row["address"]) for row in data["emails"]] == [("News", "a@example.com")]
    assert [row["action"] for row in data["history"] if row["kind"] == "e-mail"] == ["open", "click"]
    erase_person(contact=email.contact)
    assert (EmailActivity.objects.count(), HeldClick.objects.count()) == (0, 0)
    email.refresh_from_db()
    assert (email.contact_id, email.address, email.subject) == (None, "", "")


@pytest.mark.parametrize(("days", "kept"), [(30, 1), (31, 0), (0, 1)])
def test_old_activity_is_deleted(email, settings, days, kept) -> None:
    settings.ENGAGEMENT_RETENTION_DAYS = {0: 0}.get(days, 30)
    at = timezone.now() - timedelta(days=days or 1_000) + timedelta(hours=1)
    record_email_activity(email=email, action=EmailAction.OPEN, at=at)
    retain()
    assert EmailActivity.objects.count() == kept
    assert CampaignCount.objects.filter(metric="open").exists()


def test_the_clock_does_it() -> None:
    call_command("migrate", verbosity=0)
    assert Schedule.objects.filter(func="contacts.tasks.retain").count() == 1
