"""Campaigns over the API, from the first word to the report."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Campaign, CampaignLink, SentEmail
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity
from tests.automations.campaigns.conftest import CONTENT
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
BASE = "/api/v1/campaigns/"


@pytest.fixture
def made(api, news):
    answer = api.post(BASE, {"name": "Spring", **CONTENT, "lists": [news.pk]}, format="json")
    assert answer.status_code == 201
    return f"{BASE}{answer.json()['id']}/"


def test_written_sent_and_reported(api, made, people, smtp_server, drain):
    people(2)
    assert api.get(f"{made}problems/").json() == {"problems": {}, "recipients": 2}
    assert api.post(f"{made}send/").json()["status"] == "sending"
    drain()
    email = SentEmail.objects.first()
    link = CampaignLink.objects.create(campaign=Campaign.objects.get(), url="https://example.com/")
    record_email_activity(email=email, action=EmailAction.CLICK, link=link)
    report = api.get(f"{made}report/").json()
    assert {name: report[name] for name in ("sent", "delivered", "opened", "clicked", "unsubscribed")} == {
        "sent": 2, "delivered": 2, "opened": 1, "clicked": 1, "unsubscribed": 0,
    }  # fmt: skip
    assert report["links"] == [{"id": link.pk, "url": "https://example.com/", "clicks": 1, "people": 1}]
    assert report["counts"] == {"sent": 2, "open": 1, "open_first": 1, "click": 1, "click_first": 1}
    assert report["course"][-1]["counts"] == {"open_first": 1, "click_first": 1}
    assert api.get(made).json()["recipients"] == 2


@pytest.mark.parametrize("action", ["send", "schedule", "pause", "resume", "cancel"])
def test_what_the_state_forbids_is_a_conflict(api, made, action):
    Campaign.objects.update(status="sent")
    body = {"at": (timezone.now() + timedelta(days=1)).isoformat()} if action == "schedule" else {}
    answer = api.post(f"{made}{action}/", body, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "state")
    assert api.patch(made, {"name": "x"}, format="json").status_code == 409
    assert api.delete(made).status_code == 409


def test_an_automations_e_mail_is_only_read(api, made):
    Campaign.objects.update(kind="automation", origin_key="automation:1:x")
    assert api.get(f"{made}report/").status_code == 200
    for answer in (api.patch(made, {"name": "x"}, format="json"), api.post(f"{made}duplicate/"), api.delete(made)):
        assert answer.status_code == 409


def test_a_schedule_without_an_offset_is_in_the_accounts_time(api, made, people):
    people(1)
    api.patch("/api/v1/account/", {"time_zone": "Asia/Tokyo"}, format="json")
    day = (timezone.now() + timedelta(days=5)).strftime("%Y-%m-%d")
    answer = api.post(f"{made}schedule/", {"at": f"{day}T09:00"}, format="json").json()
    assert (answer["status"], Campaign.objects.get().scheduled_at.hour) == ("scheduled", 0)
    assert api.post(f"{made}cancel/").json()["status"] == "draft"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {"lists": [999]}, "lists"),
        ("", {"segment": 999}, "segment"),
        ("", {"html": "{% if %}"}, "html"),
        ("", {"status": "sent"}, "status"),
        ("schedule/", {"at": "soon"}, "at"),
        ("schedule/", {"at": "2001-01-01T00:00Z"}, "scheduled_at"),
        ("send/", {}, "lists"),
        ("test/", {"addresses": ["contact@example.com"]}, "addresses"),
        ("test/", {"addresses": [], "contact": "nobody@example.com"}, "contact"),
    ],
)
def test_bad_input_names_its_field(api, made, path, body, field):
    verb = api.post if path else api.patch
    answer = verb(made + path, body, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


def test_a_test_and_a_copy(api, made, smtp_server, people):
    UserFactory(email="team@example.com")
    (person,) = people(1)
    body = {"addresses": ["team@example.com"], "contact": person.email}
    assert api.post(f"{made}test/", body, format="json").json() == {"sent": ["team@example.com"]}
    assert smtp_server.messages[0].subject == "[Test] Hello Ada"
    assert api.post(f"{made}duplicate/").json()["name"] == "Copy of Spring"
    assert api.get(BASE, {"status": "draft", "search": "copy"}).json()["results"][0]["lists"]


def test_templates(api):
    answer = api.post("/api/v1/email-templates/", {"name": "Mine", "html": "<p>x</p>"}, format="json")
    path = f"/api/v1/email-templates/{answer.json()['id']}/"
    assert api.patch(path, {"subject": "{{ bad"}, format="json").status_code == 400
    assert api.patch(path, {"subject": "Good"}, format="json").json()["subject"] == "Good"
    assert api.get("/api/v1/email-templates/", {"search": "min"}).json()["results"][0]["name"] == "Mine"
    assert api.delete(path).status_code == 204
