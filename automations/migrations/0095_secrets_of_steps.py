"""Encrypts the secrets of webhook steps: in drafts, versions and revisions.

A frozen copy of the rule: the settings that were secret when this was written.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import automations.models.snapshots
import contacts.encryption
from contacts.encryption import encrypt

NAMES = ("secret", "headers")


def encrypt_all(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    using = editor.connection.alias
    steps = apps.get_model("automations", "WebhookStep").objects.using(using)
    for values in list(steps.values("pk", *NAMES)):
        steps.filter(pk=values["pk"]).update(**{name: encrypt(values[name]) for name in NAMES})
    for name in ("Version", "Revision"):
        rows = apps.get_model("automations", name).objects.using(using)
        for row in rows.only("snapshot").iterator(chunk_size=200):
            if _seal(row.snapshot):
                rows.filter(pk=row.pk).update(snapshot=row.snapshot)


def _seal(snapshot: dict[str, Any]) -> bool:
    """Whether there was anything to encrypt."""
    found = False
    for step in snapshot.get("steps", ()):
        if step["type"] == "webhook":
            for name in NAMES:
                text = step["settings"].get(name)
                if text and isinstance(text, str):
                    step["settings"][name] = {"sealed": encrypt(text)}
                    found = True
    return found


class Migration(migrations.Migration):
    dependencies = [("automations", "0090_health")]

    operations = [
        migrations.AlterField("webhookstep", "secret", models.TextField(blank=True)),
        migrations.RunPython(encrypt_all, elidable=True),
        migrations.AlterField("webhookstep", "secret", contacts.encryption.EncryptedTextField(blank=True)),
        migrations.AlterField("webhookstep", "headers", contacts.encryption.EncryptedTextField(blank=True)),
        migrations.AlterField("revision", "snapshot", automations.models.snapshots.SnapshotField()),
        migrations.AlterField("version", "snapshot", automations.models.snapshots.SnapshotField()),
    ]
