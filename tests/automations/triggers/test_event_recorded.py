"""event_recorded, through the endpoint of a live server and through the services; a near miss for each option."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from automations.models import Account
from contacts.models import CustomEvent, EventRecord, TrackingSettings
from contacts.services import record_event
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory


def send(url: str, **fields: Any) -> int:
    """What an ActiveCampaign user's script sends; the status of the answer."""
    body = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(f"{url}/track/event/", body, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


# settings, event, value, enters
TABLE = [
    ({"value_is": "any"}, "Bought", "", True),
    ({"value_is": "any"}, "Bought", "a chair", True),
    ({"value_is": "any"}, "Looked", "", False),
    ({"value_is": "equals", "value": "Blue"}, "Bought", "blue", True),
    ({"value_is": "equals", "value": "Blue"}, "Bought", "blue chair", False),
    ({"value_is": "equals", "value": "Blue"}, "Looked", "blue", False),
    ({"value_is": "contains", "value": "CHAIR"}, "Bought", "a blue chair", True),
    ({"value_is": "contains", "value": "CHAIR"}, "Bought", "a blue table", False),
    ({"value_is": "contains", "value": "CHAIR"}, "Bought", "", False),
]


@pytest.mark.django_db(transaction=True)
def test_over_http(server) -> None:
    """One server for the whole table: each row has its own contact and automation."""
    settings = TrackingSettings.current()
    events = {name: CustomEvent.objects.create(name=name) for name in ("Bought", "Looked")}
    wanted, found = {}, {}
    for number, (options, event, value, enters) in enumerate(TABLE):
        contact = ContactFactory(email=f"c{number}@example.com")
        automation = build_automation(triggers=[("event_recorded", {"event": events["Bought"].pk, **options})])
        visit = json.dumps({"email": contact.email.upper()})
        status = send(
            server.url, actid=settings.account_number, key=settings.key, event=event, eventdata=value, visit=visit
        )
        assert status == 201
        wanted[number], found[number] = [contact.email] if enters else [], passes(automation)
        automation.is_active = False
        automation.save()
        from automations.engine.index import touch_index

        touch_index()
    assert found == wanted


@pytest.mark.django_db
@pytest.mark.parametrize(("options", "event", "value", "enters"), TABLE)
@pytest.mark.parametrize("bulk", [True, False])
def test_services_and_models(options, event, value, enters, bulk) -> None:
    ann, bob = ContactFactory(email="a@example.com"), ContactFactory(email="b@example.com")
    events = {name: CustomEvent.objects.create(name=name) for name in ("Bought", "Looked")}
    automation = build_automation(triggers=[("event_recorded", {"event": events["Bought"].pk, **options})])
    if bulk:
        record_event(contacts=[ann, bob], event=events[event], value=value)
    else:
        EventRecord.objects.create(contact=ann, event=events[event], value=value)
        EventRecord(contact=bob, event=events[event], value=value).save()
    assert passes(automation) == (["a@example.com", "b@example.com"] if enters else [])


@pytest.mark.django_db
def test_not_on_the_starter_plan() -> None:
    event = CustomEvent.objects.create(name="Bought")
    automation = build_automation(triggers=[("event_recorded", {"event": event.pk, "value_is": "any"})])
    account = Account.current()
    account.plan, account.addons = "starter", []
    account.save()
    record_event(contacts=ContactFactory(), event=event)
    assert passes(automation) == []
