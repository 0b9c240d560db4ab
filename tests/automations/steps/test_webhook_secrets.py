"""Secrets of a webhook step: given, kept, replaced, removed, and never shown, through every door."""

import html
import re

import pytest
from django.urls import reverse

from automations.masks import MASK
from automations.models import Step
from automations.services import add_step, duplicate_step, publish, undo, update_step
from automations.steps.webhook import WebhookStep

URL = "https://example.com/hook"
HEADERS = "Authorization: Bearer t0ken\nAccept: text/plain\nX-Key: k3y"
SHOWN = f"Authorization: {MASK}\nAccept: text/plain\nX-Key: {MASK}"
SECRETS = ("s3cret", "t0ken", "k3y")


@pytest.fixture
def hook(automation):
    settings = {"url": URL, "headers": HEADERS, "secret": "s3cret"}
    return add_step(automation=automation, type="webhook", settings=settings)


def stored(step):
    found = WebhookStep.objects.get(key=step.key)
    return found.secret, found.headers


def api_url(step):
    return f"/api/v1/steps/{step.pk}/"


def builder_url(step):
    return reverse("builder:build", args=[step.automation_id, "steps", step.key])


def admin_url(step):
    return reverse("admin:automations_webhookstep_change", args=[step.pk])


@pytest.mark.parametrize("group", ["viewer", "editor", "manager"])
def test_nobody_reads_them_again(hook, client, api_client, request, group):
    user = request.getfixturevalue(group)
    publish(automation=hook.automation)
    answer = api_client(user).get(api_url(hook)).json()
    assert (answer["secret"], answer["headers"]) == (MASK, SHOWN)
    user.is_staff = True
    user.save()
    client.force_login(user)
    version, revision = hook.automation.versions.get(), hook.automation.revisions.first()
    pages = [
        builder_url(hook),
        admin_url(hook),
        reverse("builder:page", args=[hook.automation_id]),
        reverse("admin:automations_version_change", args=[version.pk]),
        reverse("admin:automations_revision_change", args=[revision.pk]),
    ]
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200, url
        text = html.unescape(answer.content.decode())
        assert not [secret for secret in SECRETS if secret in text], url
    assert stored(hook) == ("s3cret", HEADERS)


@pytest.mark.parametrize(
    ("given", "secret", "headers"),
    [
        ({}, "s3cret", HEADERS),
        ({"secret": MASK, "headers": SHOWN}, "s3cret", HEADERS),
        ({"secret": "other"}, "other", HEADERS),
        ({"secret": ""}, "", HEADERS),
        ({"secret": f"{MASK}x"}, f"{MASK}x", HEADERS),
        ({"headers": f"authorization: {MASK}"}, "s3cret", "authorization: Bearer t0ken"),
        (
            {"headers": f"Authorization: Bearer new\nX-Key: {MASK}"},
            "s3cret",
            "Authorization: Bearer new\nX-Key: k3y",
        ),
        ({"headers": ""}, "s3cret", ""),
    ],
)
@pytest.mark.parametrize("door", ["api", "builder", "admin"])
def test_what_is_sent_back_is_kept(hook, client, admin_user, api, door, given, secret, headers):
    shown = {"url": URL, "body": "", "secret": MASK, "headers": SHOWN, **given}
    client.force_login(admin_user)
    if door == "api":
        assert api.patch(api_url(hook), {"url": URL, **given}).status_code == 200
    elif door == "builder":
        assert '"saved": true' in client.post(builder_url(hook), shown)["HX-Trigger"]
    else:
        assert client.post(admin_url(hook), {**shown, "enabled": "on"}).status_code == 302
    assert stored(hook) == (secret, headers)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"secret": MASK}, "secret"), ({"headers": f"X-New: {MASK}"}, "headers"), ({"headers": SHOWN}, "headers")],
)
def test_the_mask_alone_is_no_secret(automation, api, given, field):
    of = {"automation": automation.pk, "type": "webhook", "url": URL}
    answer = api.post("/api/v1/steps/", {**of, **given})
    assert answer.status_code == 400 and list(answer.json()["error"]["fields"]) == [field]
    assert not Step.objects.exists()


def test_the_form_says_that_one_is_set(hook, client, admin_user):
    client.force_login(admin_user)
    for url in (builder_url(hook), admin_url(hook)):
        (tag,) = re.findall(r'<input[^>]*name="secret"[^>]*>', client.get(url).content.decode())
        assert 'type="password"' in tag and f'value="{MASK}"' in tag
    update_step(step=hook, settings={"url": URL, "secret": ""})
    (tag,) = re.findall(r'<input[^>]*name="secret"[^>]*>', client.get(builder_url(hook)).content.decode())
    assert "value=" not in tag


def test_copies_undo_and_versions_keep_the_real_ones(hook):
    copy = duplicate_step(step=hook)
    assert stored(copy) == ("s3cret", HEADERS)
    update_step(step=hook, settings={"url": URL, "secret": "", "headers": ""})
    assert stored(hook) == ("", "")
    undo(automation=hook.automation)
    assert stored(hook) == ("s3cret", HEADERS)


def test_the_schema_says_that_it_is_not_shown(openapi):
    schema = openapi["components"]["schemas"]["WebhookStep"]["properties"]["secret"]
    assert schema["format"] == "password" and MASK in schema["description"]
