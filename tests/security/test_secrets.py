"""Every field that is named like a secret is encrypted, or it says here why it is not."""

import re

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from automations.masks import MASK, SecretField
from automations.steps.webhook import WebhookStep
from contacts.encryption import EncryptedTextField
from contacts.models import AppConnection, PostmarkServer
from contacts.roles import BUSINESS_APPS
from deals.models import Mailbox
from ecommerce.models import Store
from tests.factories import UserFactory

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
    "automations.WebhookStep.secret": "masked, write-only: see docs/decisions/0010, and test_masked_settings",
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
    }


def test_masked_settings():
    assert isinstance(WebhookStep.Form.base_fields["secret"], SecretField)
    step = WebhookStep(secret="hush", headers="X-Token: hush")
    assert "hush" not in str(step.shown_settings())
    assert step.shown_settings()["secret"] == MASK


@pytest.mark.django_db
def test_rotation_reaches_every_encrypted_field(settings, capsys):
    """With a new SECRET_KEY alone, after rotation with both, each secret can be read."""
    user = UserFactory()
    rows = [
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
    assert "6 secrets" in capsys.readouterr().out
    settings.SECRET_KEY_FALLBACKS = []
    for row in rows:
        fields = [field for field in row._meta.concrete_fields if isinstance(field, EncryptedTextField)]
        found = type(row).objects.get(pk=row.pk)
        for field in fields:
            assert getattr(found, field.name) == getattr(row, field.name) != ""
            assert _stored(row, field) != getattr(row, field.name)


def _stored(row: models.Model, field: models.Field) -> str:
    quote = connection.ops.quote_name
    sql = f"SELECT {quote(field.column)} FROM {quote(row._meta.db_table)} WHERE id = %s"  # noqa: S608 names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql, [row.pk])
        return str(cursor.fetchone()[0])
