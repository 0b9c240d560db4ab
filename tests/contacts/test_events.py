"""Event tracking's endpoint: both shapes, bad input, limits; and what services leave behind."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact, CustomEvent, EventRecord, TrackingSettings
from contacts.public import events
from contacts.selectors.timeline import timeline
from contacts.services import create_contact, record_event
from contacts.services.merge import merge_contacts
from contacts.services.privacy import export_person
from contacts.tasks import retain
from tests.contacts.facts import announced

pytestmark = pytest.mark.django_db
URL = "/track/event/"


@pytest.fixture(autouse=True)
def _no_limit_left_over():
    cache.clear()


@pytest.fixture
def tracking():
    CustomEvent.objects.create(name="Bought")
    return TrackingSettings.current()


@pytest.fixture
def ann():
    return create_contact(email="ann@example.com")


def json_body(tracking, **changes):
    return {"key": tracking.key, "event": "Bought", "email": "ann@example.com", "value": "chair", **changes}


def form_body(tracking, **changes):
    visit = json.dumps({"email": "ann@example.com"})
    given = {"actid": tracking.account_number, "key": tracking.key, "event": "Bought", "eventdata": "chair"}
    return {**given, "visit": visit, **changes}


def post(data, content_type="application/json", **extra):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    return client.post(URL, data, content_type=content_type, **extra)


@pytest.mark.parametrize("shape", ["json", "urlencoded", "multipart"])
def test_both_shapes_record(tracking, ann, shape):
    if shape == "json":
        response = post(json_body(tracking, actid=tracking.account_number))
    elif shape == "urlencoded":
        from urllib.parse import urlencode

        response = post(urlencode(form_body(tracking)), "application/x-www-form-urlencoded")
    else:
        response = Client().post(URL, form_body(tracking))
    assert (response.status_code, response.json()["success"]) == (201, 1)
    row = EventRecord.objects.get()
    assert (row.contact, row.event.name, row.value, row.source) == (ann, "Bought", "chair", "integration")


BAD = [
    # JSON body changes, status, code, field
    ({"key": "wrong"}, 403, "wrong_key", None),
    ({"key": "ключ"}, 403, "wrong_key", None),
    ({"key": ""}, 403, "wrong_key", None),
    ({"actid": 1}, 403, "wrong_key", None),
    ({"event": "bought"}, 404, "unknown_event", "event"),
    ({"event": ""}, 400, "invalid", "event"),
    ({"event": "x" * 101}, 400, "invalid", "event"),
    ({"event": "a\x00b"}, 400, "invalid", "event"),
    ({"event": ["Bought"]}, 400, "invalid", "event"),
    ({"email": "nobody"}, 400, "invalid", "email"),
    ({"email": None}, 400, "invalid", "email"),
    ({"value": "x" * 1_001}, 400, "invalid", "value"),
    ({"value": {"a": 1}}, 400, "invalid", "value"),
    ({"value": "\ud800"}, 400, "invalid", "value"),
    ({"valeu": "1"}, 400, "invalid", "valeu"),
]


@pytest.mark.parametrize(("changes", "status", "code", "field"), BAD)
def test_bad_input_is_named_and_leaves_nothing(tracking, ann, changes, status, code, field):
    response = post(json_body(tracking, **changes))
    error = response.json()["error"]
    assert (response.status_code, error["code"], list(error["fields"])) == (status, code, [field] if field else [])
    assert response.json()["success"] == 0
    assert not EventRecord.objects.exists()
    assert CustomEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("[" * 5_000, "application/json", 400),
        (b"\xff\xfe\xfa", "application/json", 400),
        ("x" * (64 * 1024 + 1), "application/json", 413),
        ("<x/>", "text/xml", 415),
        ("no boundary", "multipart/form-data", 400),
        ("&".join(f"a{n}=1" for n in range(2_000)), "application/x-www-form-urlencoded", 400),
    ],
)
def test_unreadable_bodies(tracking, body, content_type, status):
    response = post(body, content_type)
    assert (response.status_code, response.json()["success"]) == (status, 0)


@pytest.mark.parametrize("visit", ["{", "[]", "1", json.dumps({"email": ["a"]}), json.dumps({})])
def test_bad_visit(tracking, visit):
    response = Client().post(URL, form_body(tracking, visit=visit))
    assert response.status_code == 400
    assert set(response.json()["error"]["fields"]) & {"visit", "email"}


def test_nothing_is_taken_before_the_settings_exist():
    assert post({"key": "", "event": "Bought", "email": "a@example.com"}).status_code == 403


def test_get_is_refused():
    response = Client().get(URL)
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_unknown_address_is_counted_or_created(tracking):
    response = post(json_body(tracking))
    assert response.status_code == 202
    assert CustomEvent.objects.get().unknown_contacts == 1
    assert not Contact.objects.exists()
    tracking.create_contacts = True
    tracking.save()
    assert post(json_body(tracking)).status_code == 201
    assert EventRecord.objects.get().contact.email == "ann@example.com"
    assert CustomEvent.objects.get().unknown_contacts == 1


def test_new_events_by_setting(tracking, ann):
    tracking.allow_new_events = True
    tracking.save()
    assert post(json_body(tracking, event="Left")).status_code == 201
    assert EventRecord.objects.get().event.name == "Left"


def test_floods(tracking, ann, monkeypatch, settings, one_minute):
    monkeypatch.setattr(events, "WRONG_KEYS", 2)
    assert [post(json_body(tracking, key="x")).status_code for _n in range(3)] == [403, 403, 429]
    assert post(json_body(tracking)).status_code == 201, "who has the key is not shut out by who has not"
    settings.EVENT_RATE_PER_KEY = 3
    assert [post(json_body(tracking)).status_code for _n in range(3)] == [201, 201, 429]
    settings.EVENT_RATE_PER_ADDRESS = 1
    late = post(json_body(tracking))
    assert late.status_code == 429 and 0 < int(late["Retry-After"]) <= 60
    assert post(json_body(tracking), REMOTE_ADDR="192.0.2.9").status_code == 429  # the key's limit still holds


def test_one_write(tracking, ann):
    post(json_body(tracking))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert post(json_body(tracking)).status_code == 201
    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(writes) == 1
    assert len([q for q in queries if q["sql"].startswith("SELECT")]) <= 4


def test_bulk_is_one_insert_and_one_announcement(tracking):
    people = [create_contact(email=f"c{n}@example.com").pk for n in range(30)]
    event = CustomEvent.objects.get()
    with announced() as batches, CaptureQueriesContext(connection) as queries:
        assert record_event(contacts=people, event=event, value=" x ") == people
    assert [(batch.event_id, batch.value, batch.contact_ids) for batch in batches] == [(event.pk, "x", people)]
    assert len([query for query in queries if query["sql"].startswith("INSERT")]) == 1
    with pytest.raises(ValidationError):
        record_event(contacts=people, event=event, value="x" * 1_001)


def test_timeline_export_and_merge(tracking, ann):
    twin = create_contact(email="twin@example.com")
    record_event(contacts=twin, event=CustomEvent.objects.get(), value="chair")
    merge_contacts(keep=ann, drop=twin)
    (entry,) = [entry for entry in timeline(contact=ann).entries if entry.provider == "events"]
    assert (entry.title, entry.text) == ("Did “Bought”.", "chair")
    (fact,) = [fact for fact in export_person(contact=ann)["history"] if fact["kind"] == "event"]
    assert (fact["event"], fact["value"]) == ("Bought", "chair")


@pytest.mark.parametrize(("days", "left"), [(10, ["9"]), (0, ["11", "9"])])
def test_retention(tracking, ann, days, left):
    TrackingSettings.objects.update(event_days=days)
    event, now = CustomEvent.objects.create(name="Sold"), timezone.now()
    for age in (11, 9):
        EventRecord.objects.create(contact=ann, event=event, value=str(age), at=now - timedelta(days=age))
    retain()
    assert list(EventRecord.objects.order_by("pk").values_list("value", flat=True)) == left
