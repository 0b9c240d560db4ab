"""Previews and tests to oneself, through the HTTP client."""

import pytest
from django.test import Client
from django.urls import reverse

from automations.models import Delivery, SenderState
from contacts.models import SubscriptionChange
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory, UserFactory

EMAIL = {
    "subject": "Hello {{ contact.first_name }}",
    "preheader": "Look",
    "html": "<script>evil()</script><p>Dear {{ contact.first_name }}</p>",
    "from_email": "news@example.com",
}


@pytest.fixture
def step(db):
    automation = build_automation(steps=[("send_email", EMAIL), ("add_note", {"text": "x"})])
    return automation.steps.get(parent="")


def url(step, name="preview", **query):
    address = reverse(f"automations:email-{name}", args=[step.automation_id, step.key])
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


@pytest.fixture
def as_user(client):
    def login(user):
        client.force_login(user)
        return client

    return login


def test_preview_for_a_contact(step, as_user, viewer):
    ada, grace = ContactFactory(first_name="Ada"), ContactFactory(first_name="Grace")
    client = as_user(viewer)
    page = client.get(url(step, contact=ada.pk))
    assert page.status_code == 200 and "Dear Ada" in page.content.decode()
    assert "Dear Grace" in client.get(url(step)).content.decode(), "the newest, when nobody is named"
    assert client.get(url(step, contact=grace.pk, format="text")).content.decode().startswith("Dear Grace")
    data = client.get(url(step, contact=ada.pk, format="json")).json()
    assert (data["subject"], data["preheader"], data["sender"]) == ("Hello Ada", "Look", "news@example.com")


def test_preview_is_safe_to_show_in_a_frame(step, as_user, viewer):
    ContactFactory(first_name="<script>x</script>")
    page = as_user(viewer).get(url(step))
    assert "<script" not in page.content.decode()
    policy = page["Content-Security-Policy"]
    assert policy.startswith("sandbox") and "allow-scripts" not in policy and "default-src 'none'" in policy
    assert page["X-Frame-Options"] == "SAMEORIGIN"


def test_links_in_a_preview_change_nothing(step, as_user, viewer, client):
    ContactFactory()
    html = as_user(viewer).get(url(step)).content.decode()
    assert "/u/preview/" in html and "/p/preview/" in html
    for path in ("/u/preview/", "/p/preview/"):
        assert b"preview" in client.post(path).content
    assert not SubscriptionChange.objects.exists()


def test_without_any_contact_one_is_made_up(step, as_user, viewer):
    assert b"Dear Ada" in as_user(viewer).get(url(step)).content


def test_an_unfinished_draft_says_what_is_missing(as_user, viewer):
    automation = build_automation(steps=[("send_email", EMAIL)])
    step = automation.steps.get()
    type(step).objects.filter(pk=step.pk).update(subject="{{ contact.phone }}")
    page = as_user(viewer).get(url(step))
    assert page.status_code == 422 and "subject is empty" in page.content.decode()
    assert page["Content-Security-Policy"].startswith("sandbox")
    assert "subject is empty" in as_user(viewer).get(url(step, format="json")).json()["error"][0]


@pytest.mark.parametrize("contact", ["0", "999", "x", "²", "1" * 40, "-1", "1;drop"])
def test_no_such_contact(contact, step, as_user, viewer):
    assert as_user(viewer).get(url(step, contact=contact)).status_code == 404


def test_no_such_step_and_steps_that_send_nothing(step, as_user, viewer):
    client = as_user(viewer)
    note = step.automation.steps.exclude(pk=step.pk).get()
    assert client.get(url(note)).status_code == 404
    assert client.get(reverse("automations:email-preview", args=[999, step.key])).status_code == 404
    assert client.get(reverse("automations:email-preview", args=[step.automation_id, "nope"])).status_code == 404


def test_who_may_look_and_who_may_send(step, client, as_user, viewer, editor, smtp_server):
    assert client.get(url(step)).status_code == 302 and client.post(url(step, "test")).status_code == 302
    assert as_user(UserFactory(username="nobody")).get(url(step)).status_code == 403
    assert as_user(viewer).post(url(step, "test")).status_code == 403
    assert as_user(editor).get(url(step, "test")).status_code == 405
    assert not smtp_server.messages
    assert as_user(editor).post(url(step, "test")).status_code == 200


def test_a_test_goes_to_oneself_marked_and_past_the_ledger(step, as_user, editor, smtp_server):
    ada = ContactFactory(first_name="Ada")
    answer = as_user(editor).post(url(step, "test"), {"contact": ada.pk})
    assert answer.status_code == 200 and b"Sent to editor@example.com" in answer.content
    (received,) = smtp_server.messages
    assert received.recipients == ("editor@example.com",)
    assert received.subject == "[Test] Hello Ada" and received.message["X-Test-Message"] == "yes"
    assert received.message["List-Unsubscribe"] is None and received.message["List-Unsubscribe-Post"] is None
    assert "/u/preview/" in received.body("html")
    assert not Delivery.objects.exists() and not SenderState.objects.exists()


def test_a_test_needs_a_csrf_token(step, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert client.post(url(step, "test")).status_code == 403


def test_why_a_test_was_not_sent(step, as_user, editor, smtp_server):
    ContactFactory()
    smtp_server.refuse(550, "no <b>mail</b> for you")
    answer = as_user(editor).post(url(step, "test"))
    assert answer.status_code == 422 and "no &lt;b&gt;mail&lt;/b&gt; for you" in answer.content.decode()
    editor.email = ""
    editor.save()
    assert "no e-mail address" in as_user(editor).post(url(step, "test")).content.decode()
