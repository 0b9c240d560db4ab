"""Data for the benchmarks: contacts and automations made with as little as possible."""

from django.utils import timezone

from automations.engine.index import forget_index, touch_index
from automations.models import Automation, Version
from automations.models.configured import new_key
from automations.services import delete_automation
from contacts.bulk import insert_rows
from contacts.models import Contact, Tag


def make_contacts(count: int, prefix: str) -> list[int]:
    rows = insert_rows(
        Contact,
        {
            "email": [f"{prefix}{number}@example.org" for number in range(count)],
            "phone": "",
            "first_name": "Ann",
            "last_name": "Bee",
            "time_zone": "",
            "language": "",
            "created_at": timezone.now(),
            "updated_at": timezone.now(),
        },
        size=count,
        returning=["id"],
    )
    return sorted(row[0] for row in rows)


def make_tag(name: str) -> Tag:
    return Tag.objects.get_or_create(name=name)[0]


def step(kind: str, settings: dict, parent: str = "", arm: str = "") -> dict:
    return {"key": new_key(), "type": kind, "parent": parent, "arm": arm, "enabled": True, "settings": settings}


def make_automations(
    count: int, tags: list[int], steps: list[dict], runs: str = "once", trigger: dict | None = None
) -> list[int]:
    """Active, published automations that listen to `tags` (or have `trigger`), without drafts: only what runs."""
    made = Automation.objects.bulk_create(
        Automation(name=f"Bench {number}", is_active=True, activated_at=timezone.now()) for number in range(count)
    )
    versions = Version.objects.bulk_create(
        Version(
            automation=automation,
            number=1,
            snapshot={
                "schema": 1,
                "triggers": [
                    {
                        "key": new_key(),
                        "runs": runs,
                        "segment": {},
                        **(trigger or {"type": "tag_added", "settings": {"tags": [tags[number % len(tags)]]}}),
                    }
                ],
                "steps": steps,
            },
        )
        for number, automation in enumerate(made)
    )
    for automation, version in zip(made, versions, strict=True):
        automation.version = version
    Automation.objects.bulk_update(made, ["version"], batch_size=500)
    touch_index()
    forget_index()
    return [automation.pk for automation in made]


def clear() -> None:
    for automation in Automation.objects.all():
        automation.is_active = False
        automation.save()
        delete_automation(automation=automation)
    touch_index()
