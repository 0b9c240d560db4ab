"""The demo's connected apps: one of each, a source or two, what people did there, and an automation for each."""

import random
from collections.abc import Sequence
from typing import Any

from contacts.connectors import CONNECTORS
from contacts.models import AppConnection, AppReceipt, AppSource
from contacts.services import learn_source, save_connection

SOURCES = {
    "calendly": [("https://api.calendly.com/event_types/DEMO1", "Product tour, 30 minutes")],
    "typeform": [("OOMZur", "What do you need?"), ("qR7tPw", "Customer survey")],
    "unbounce": [("7648177d-7323-4330-b4f9-9951a52138b6", "Spring offer")],
}
SAID: dict[str, dict[str, Any]] = {
    "calendly": {
        "meeting": "Product tour, 30 minutes",
        "starts_at": "2026-12-01T14:00:00.000000Z",
        "time_zone": "Europe/Paris",
        "answers": {"what_would_you_like_to_see": "Automations"},
    },
    "typeform": {"form": "What do you need?", "answers": {"team_size": "50-200", "interests": "Design, Sales"}},
    "unbounce": {"page": "Spring offer", "variant": "a", "answers": {"company": "Acme"}},
}


def connect_apps() -> dict[str, AppSource]:
    """Connect each app; its first source by the app."""
    found: dict[str, AppSource] = {}
    for app, sources in SOURCES.items():
        values = {"app": app, "name": CONNECTORS[app].label}
        connection = save_connection(connection=AppConnection(), values=values)
        for external_id, name in sources:
            source = learn_source(connection=connection, external_id=external_id, name=name)
            found.setdefault(app, source)
    return found


def app_day(pick: random.Random, ids: Sequence[int], sources: dict[str, AppSource]) -> None:
    """What people did in the apps on one day."""
    for app, source in sources.items():
        for contact in pick.sample(list(ids), 2):
            number = f"demo-{source.receipts.count()}"
            AppReceipt(
                contact_id=contact, app_source=source, external_id=number, data=SAID[app], source="integration"
            ).save()
