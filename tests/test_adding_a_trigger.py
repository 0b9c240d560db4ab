"""Follows docs/adding-a-trigger.md to the letter, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("automations", "config", "contacts", "deals", "ecommerce", "templates", "manage.py")
TRY_IT = """
from automations.models import Automation
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import Contact, Note

automation = Automation.objects.create(name="Notes")
trigger = add_trigger(automation=automation, type="note_added", settings={"contains": "Urgent"})
add_step(automation=automation, type="end_automation", settings={})
publish(automation=automation)
activate(automation=automation)
ann = Contact.objects.create(email="ann@example.com")
Note.objects.create(contact=ann, text="nothing special")
assert automation.enrollments.count() == 0
Note.objects.create(contact=ann, text="this is urgent")
assert automation.enrollments.count() == 1
print(trigger.describe())
"""


def blocks() -> dict[str, str]:
    text = (ROOT / "docs" / "adding-a-trigger.md").read_text()
    return dict(re.findall(r"```python (\S+)\n(.*?)```", text, re.DOTALL))


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + "\n" + text)


@pytest.mark.slow
@pytest.mark.sqlite
def test_the_guide_adds_a_working_trigger(tmp_path: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    found = blocks()
    append(tmp_path / "automations/events.py", found["event"])
    (tmp_path / "automations/sources/notes.py").write_text(found["source"])
    append(tmp_path / "automations/sources/__init__.py", found["source-import"])
    (tmp_path / "automations/triggers/note_added.py").write_text(found["module"])
    append(tmp_path / "automations/triggers/__init__.py", found["import"])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "ENV_FILE": os.devnull,
        "DEBUG": "1",
        "PYTHONPATH": str(tmp_path),
    }

    def manage(*arguments: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=tmp_path,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    manage("makemigrations", "automations", "-n", "trigger_note_added")
    made = [path.name for path in (tmp_path / "automations/migrations").glob("*trigger_note_added.py")]
    assert len(made) == 1
    manage("migrate", "-v0")
    assert "A note with “Urgent” is added" in manage("shell", "-v0", stdin=TRY_IT)
