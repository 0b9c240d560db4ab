"""Every field that is named like a secret is encrypted, or it says here why it is not."""

import json
import re
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from automations.engine.plan import plan_of_version
from automations.masks import MASK, SecretField
from automations.models import Automation
from automations.services import add_step, publish, redo, undo
from automations.steps.webhook import WebhookStep
from contacts.encryption import EncryptedTextField, Encrypts
from contacts.models import AppConnection, PostmarkServer
from contacts.roles import BUSINESS_APPS
from deals.models import Mailbox
from ecommerce.models import Store
from tests.automations.samples import new_automation
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NAMED_LIKE_A_SECRET = re.compile(
    r"secret|token|passw|credential|(^|_)(api|access|private|signing)?_?key$|auth", re.I
)

#: Names and references, that are shown and asked for.
NO_SECRETS = {
    **dict.fromkeys(
        [
            *("contacts.CustomField.key", "contacts.ObjectType.key", "contacts.ObjectRelation.key"),
            *(
                "contacts.Score.key",
                "contacts.Campaign.origin_key",
                "automations.Trigger.key",
                "automations.Step.key",
            ),
        ],
        "the name by which others refer to it",
    ),
    **dict.fromkeys(
        [
            *("automations.DateWatch.trigger_key", "automations.DateEntry.trigger_key"),
            *("automations.Enrollment.step_key", "automations.Enrollment.trigger_key"),
            *("automations.EntryRefusal.trigger_key", "automations.Delivery.step_key", "automations.WakeUp.key"),
            *("automations.FeedItem.key", "automations.FeedWatch.trigger_key", "automations.FeedRun.trigger_key"),
            *(
                "automations.TriggerUse.trigger_key",
                "automations.StepLog.step_key",
                "automations.SpreadsheetRow.step_key",
                "automations.StepCount.step_key",
            ),
        ],
        "refers to a part of an automation by its key",
    ),
    "contacts.IdempotencyKey.key": "chosen by the sender, of use to the same user alone",
    "contacts.ProviderNotice.key": "tells notices of a provider apart",
    "automations.IndexVersion.token": "tells versions of the trigger index apart",
}
#: What opens something, and yet is compared in the database or handed out.
IN_THE_CLEAR = {
    "contacts.Form.token": "stands in the address of the public form",
    "contacts.TrackingSettings.key": "shown to be put into other systems; it only lets them report events",
    "contacts.PostmarkServer.key": "stands in the address of the webhook; it only lets Postmark report",
}


def secrets_by_name() -> dict[str, models.Field]:
    return {
        f"{model._meta.label}.{field.name}": field
        for model in apps.get_models()
        if model._meta.app_label in BUSINESS_APPS
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField | models.BinaryField)
        and NAMED_LIKE_A_SECRET.search(field.name)
    }


def test_what_is_named_like_a_secret_is_encrypted():
    found = secrets_by_name()
    clear = {name for name, field in found.items() if not isinstance(field, EncryptedTextField)}
    assert sorted(clear - set(NO_SECRETS) - set(IN_THE_CLEAR)) == [], "encrypt it, or say here why not"
    assert sorted((set(NO_SECRETS) | set(IN_THE_CLEAR)) - set(found)) == [], "named here, and no longer there"


def test_the_encrypted_ones():
    """So that none of them becomes a plain field unnoticed."""
    encrypted = {name for name, field in secrets_by_name().items() if isinstance(field, EncryptedTextField)}
    assert encrypted == {
        "contacts.AppConnection.secret",
        "contacts.AppConnection.token",
        "contacts.PostmarkServer.token",
        "deals.Mailbox.smtp_password",
        "deals.Mailbox.imap_password",
        "ecommerce.Store.secret",
        "automations.WebhookStep.secret",
        "automations.Spreadsheet.key",
    }
    assert isinstance(WebhookStep._meta.get_field("headers"), EncryptedTextField)


def test_masked_settings():
    assert isinstance(WebhookStep.Form.base_fields["secret"], SecretField)
    step = WebhookStep(secret="hush", headers="X-Token: hush")
    assert "hush" not in str(step.shown_settings())
    assert step.shown_settings()["secret"] == MASK


@pytest.fixture
def hook(db):
    automation = new_automation()
    settings = {"url": "https://example.com/", "secret": "hush hush", "headers": "Accept: a/b\nX-Token: hush hush"}
    step = add_step(automation=automation, type="webhook", settings=settings)
    publish(automation=automation)
    return step


def test_steps_versions_and_revisions_are_encrypted(hook):
    """Whoever reads the database, or a back-up, reads none of it; what runs has it in the clear."""
    rows = [hook, hook.automation.versions.get(), hook.automation.revisions.get()]
    for row in rows:
        for field in encrypting(row):
            text = _stored(row, field)
            assert "hush hush" not in text and len(text) >= 100, row
    step = type(hook).objects.get(pk=hook.pk)
    assert (step.secret, step.headers.count("hush hush")) == ("hush hush", 1)
    for row in rows[1:]:
        (part,) = type(row).objects.get(pk=row.pk).snapshot["steps"]
        assert part["settings"] == hook.settings()
    assert plan_of_version(rows[1].pk).steps[hook.key].secret == "hush hush"


@pytest.mark.parametrize("door", ["api", "builder"])
def test_without_the_key_nothing_is_destroyed(hook, settings, api_client, client, admin_user, door):
    """What can't be read is shown as something that is set, and goes through every edit as it is stored."""
    fields = encrypting(hook)
    before = [_stored(hook, field) for field in fields]
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5
    client.force_login(admin_user)
    if door == "api":
        answer = api_client(admin_user).patch(f"/api/v1/steps/{hook.pk}/", {"url": "https://example.com/new"})
        assert (answer.status_code, answer.json()["secret"], answer.json()["headers"]) == (200, MASK, MASK)
    else:
        url = reverse("builder:build", args=[hook.automation_id, "steps", hook.key])
        shown = {"url": "https://example.com/new", "body": "", "secret": MASK, "headers": MASK}
        assert client.get(url).content.decode().count(MASK) == 2
        assert '"saved": true' in client.post(url, shown)["HX-Trigger"]
    automation = Automation.objects.get(pk=hook.automation_id)
    publish(automation=automation)
    undo(automation=automation)
    redo(automation=automation)
    assert [_stored(automation.steps.get(), field) for field in fields] == before
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
    step = automation.steps.get()
    assert (step.url, step.secret) == ("https://example.com/new", "hush hush")
    assert automation.versions.first().snapshot["steps"][0]["settings"]["secret"] == "hush hush"


def test_the_migration_encrypts_what_was_there(hook):
    """Rows as the release before left them: in the clear."""
    version, revision = hook.automation.versions.get(), hook.automation.revisions.get()
    in_the_clear = json.dumps(version.snapshot)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE automations_webhookstep SET secret = %s, headers = %s", [hook.secret, hook.headers])
        cursor.execute("UPDATE automations_version SET snapshot = %s", [in_the_clear])
        cursor.execute("UPDATE automations_revision SET snapshot = %s", [in_the_clear])
    migration = import_module("automations.migrations.0095_secrets_of_steps")
    before = MigrationExecutor(connection).loader.project_state(("automations", "0090_health")).apps
    migration.encrypt_all(before, SimpleNamespace(connection=connection))
    test_steps_versions_and_revisions_are_encrypted(hook)
    assert (version.pk, revision.pk) == (hook.automation.versions.get().pk, hook.automation.revisions.get().pk)


def test_rotation_reaches_every_encrypted_field(hook, settings, capsys):
    """With a new SECRET_KEY alone, after rotation with both, each secret can be read."""
    user = UserFactory()
    rows = [
        hook,
        hook.automation.versions.get(),
        hook.automation.revisions.get(),
        AppConnection.objects.create(app="typeform", name="A", secret="one", token="two"),
        PostmarkServer.objects.create(name="P", token="three"),
        Mailbox.objects.create(
            user=user, address="a@example.com", smtp_host="h", imap_host="h", imap_user="u",
            smtp_password="four", imap_password="five",
        ),
        Store.objects.create(name="S", kind="shopify", secret="six"),
    ]  # fmt: skip
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key " * 5
    call_command("rotate_secrets")
    assert "12 secrets" in capsys.readouterr().out  # six, and two in the step, its version and its revision
    settings.SECRET_KEY_FALLBACKS = []
    for row in rows:
        found = type(row).objects.get(pk=row.pk)
        for field in encrypting(row):
            assert getattr(found, field.name) == getattr(row, field.name)
            assert field.texts(getattr(found, field.name))
            assert _stored(row, field) != str(getattr(row, field.name))


def encrypting(row: models.Model) -> list[Any]:
    return [field for field in row._meta.local_concrete_fields if isinstance(field, Encrypts)]


def _stored(row: models.Model, field: models.Field) -> str:
    quote = connection.ops.quote_name
    pk, table = row._meta.pk.column, row._meta.db_table
    sql = f"SELECT {quote(field.column)} FROM {quote(table)} WHERE {quote(pk)} = %s"  # noqa: S608 names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql, [row.pk])
        return str(cursor.fetchone()[0])
