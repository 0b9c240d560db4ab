"""The task types that everybody has; users change them as they like."""

from typing import Any

from django.db import migrations

TYPES = (("Call", "call"), ("E-mail", "mail"), ("Meeting", "groups"), ("To do", "task_alt"))


def make_types(apps: Any, schema_editor: Any) -> None:
    types = apps.get_model("deals", "TaskType").objects.using(schema_editor.connection.alias)
    for position, (name, icon) in enumerate(TYPES):
        types.get_or_create(name=name, defaults={"icon": icon, "position": position})


class Migration(migrations.Migration):
    dependencies = [("deals", "0001_initial")]

    operations = [migrations.RunPython(make_types, migrations.RunPython.noop)]
