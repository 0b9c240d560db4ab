"""custom_object_created and custom_object_updated: (settings, what happens) -> who entered, or the reason."""

from datetime import date
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.models import Automation, Trigger
from automations.reasons import Entry
from automations.services import activate, add_step, add_to_automation, add_trigger, publish
from automations.triggers import TRIGGERS
from contacts.models import Contact, CustomField, Note, ObjectRecord, ObjectRelation, ObjectType
from contacts.services import create_record, delete_unused, set_field, update_record, upsert_records
from contacts.services.usage import InUse
from tests.automations.conftest import passes, reasons
from tests.automations.samples import new_automation
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
ANY = {"old": "any", "new": "any"}
ANN, BOB = "ann@example.com", "bob@example.com"


def make_type(key: str = "booking", **values: Any) -> ObjectType:
    found = ObjectType.objects.create(key=key, label=key.capitalize(), plural=f"{key.capitalize()}s", **values)
    ObjectRelation.objects.create(type=found, key="others", label="Others", target="contact", many=True)
    ObjectRelation.objects.create(type=found, key="guest", label="Guest", target="contact", position=1)
    return found


def make_field(type: ObjectType, key: str, kind: str = "text", **values: Any) -> CustomField:
    options = ["Red", "Blue"] if kind in ("dropdown", "multiselect") else []
    return CustomField.objects.create(
        entity="object", object_type=type, key=key, label=key.capitalize(), type=kind, options=options, **values
    )


@pytest.fixture
def booking() -> ObjectType:
    return make_type()


@pytest.fixture
def people() -> list[Contact]:
    return [ContactFactory(email=ANN), ContactFactory(email=BOB)]


@pytest.fixture
def record(booking, people) -> ObjectRecord:
    """Ann and Bob are related to it; Bob is its one guest."""
    links = {"others": [people[0].pk], "guest": people[1].pk}
    return create_record(type=booking, title="Two weeks", external_id="b1", links=links)


def build(kind: str, settings: dict[str, Any], text: str = "was here", **rules: Any) -> Automation:
    automation = new_automation()
    add_trigger(automation=automation, type=kind, settings=settings, **rules)
    add_step(automation=automation, type="add_note", settings={"text": text})
    publish(automation=automation)
    activate(automation=automation)
    return automation


def created(type: ObjectType, **rules: Any) -> Automation:
    return build("custom_object_created", {"object_type": type.pk}, **rules)


def updated(type: ObjectType, field: str, **settings: Any) -> Automation:
    rules = {name: settings.pop(name) for name in ("recipients", "record_segment", "text") if name in settings}
    values = {"object_type": type.pk, "field": field, **ANY, **settings}
    return build("custom_object_updated", values, **rules)


# --- Created -----------------------------------------------------------------------------------


def test_all_contacts_of_a_new_record_enter_once(booking, people):
    automation, other = created(booking), created(make_type("visit"))
    ann, bob = people
    create_record(type=booking, links={"others": [ann.pk, bob.pk], "guest": ann.pk})
    assert passes(automation) == [ANN, BOB] and passes(other) == []


@pytest.mark.parametrize("way", ["bulk", "api"])
def test_every_way_to_make_records_counts(booking, people, api_client, manager, way):
    automation = created(booking)
    rows = [{"title": "One", "links": {"guest": ANN}}, {"external_id": "x", "links": {"guest": BOB}}]
    if way == "bulk":
        upsert_records(type=booking, rows=rows)
    else:
        body = {"object_type": booking.pk, "records": rows}
        api_client(manager).post("/api/v1/object-records/bulk/", body, format="json")
    assert passes(automation) == [ANN, BOB]


def test_a_known_record_is_not_created_again(booking, record):
    automation = created(booking)
    upsert_records(type=booking, rows=[{"external_id": "b1", "title": "Three weeks"}])
    assert passes(automation) == []


def test_first_values_are_no_update(booking, people):
    make_field(booking, "colour")
    automation = updated(booking, "colour")
    create_record(type=booking, custom={"colour": "red"}, links={"guest": ANN})
    upsert_records(type=booking, rows=[{"fields": {"colour": "red"}, "links": {"guest": ANN}}])
    assert passes(automation) == []


def test_the_primary_contact_is_that_of_a_relation_to_one(booking, people):
    automation = created(booking, recipients="primary")
    create_record(type=booking, links={"others": [people[0].pk], "guest": people[1].pk})
    assert passes(automation) == [BOB] and reasons(automation) == [Entry.NOT_PRIMARY]


def test_a_record_without_contacts_starts_nobody_and_says_so(booking):
    automation = created(booking)
    create_record(type=booking, title="Alone")
    assert passes(automation) == [] and reasons(automation) == [Entry.NO_CONTACT]


def test_a_thousand_contacts_cost_what_two_cost(booking):
    automation = created(booking)

    def cost(number: int) -> int:
        ids = [c.pk for c in Contact.objects.bulk_create(ContactFactory.build() for _number in range(number))]
        with CaptureQueriesContext(connection) as queries:
            create_record(type=booking, links={"others": ids})
        return len(queries)

    cost(2)
    # Few ids stand for themselves in a query, many in an array: from 20 on.
    assert cost(30) == cost(1_000) and len(passes(automation)) == 1_032


# --- Updated -----------------------------------------------------------------------------------


def to(value: str) -> dict[str, str]:
    return {"old": "any", "new": "value", "new_value": value}


def origin(value: str) -> dict[str, str]:
    return {"old": "value", "old_value": value, "new": "any"}


# (type of field, settings, before, after, enter)
CHANGES = [
    ("text", ANY, None, "x", True),
    ("text", ANY, "x", "x", False),
    ("text", to("x"), None, "x", True),
    ("text", to("x"), None, "y", False),
    ("text", to(""), "x", None, True),
    ("text", origin("x"), "x", "y", True),
    ("text", origin("x"), "y", "x", False),
    ("number", to("10.0"), 1, 10, True),
    ("number", to("10"), 1, 100, False),
    ("date", to("2026-03-31"), None, date(2026, 3, 31), True),
    ("date", to("2026-03-31"), None, date(2026, 3, 30), False),
    ("dropdown", to("red"), "Blue", "Red", True),
    ("multiselect", to("Red"), None, ["Red", "Blue"], False),
    ("money", to("5 EUR"), None, (5, "EUR"), True),
    ("money", to("5 EUR"), None, (5, "USD"), False),
    ("checkbox", to("yes"), None, True, True),
]


@pytest.mark.parametrize(("kind", "settings", "before", "after", "enter"), CHANGES)
def test_changes_of_fields(booking, record, kind, settings, before, after, enter):
    field = make_field(booking, "watched", kind)
    make_field(make_type("visit"), "watched", kind)  # another object's, of the same key
    set_field(field=field, values={record.pk: before})
    automation = updated(booking, "watched", **settings)
    set_field(field=field, values={record.pk: after})
    assert passes(automation) == ([ANN, BOB] if enter else [])


@pytest.mark.parametrize("way", ["save", "service", "bulk"])
def test_the_title_is_a_field_too(booking, record, way):
    automation = updated(booking, "title", **to("Three weeks"))
    update_record(record=record, title="Four weeks")
    assert passes(automation) == []
    if way == "save":
        stored = ObjectRecord.objects.get(pk=record.pk)
        stored.title = "Three weeks"
        stored.save()
    elif way == "service":
        update_record(record=record, title="Three weeks")
    else:
        upsert_records(type=booking, rows=[{"external_id": "b1", "title": "Three weeks"}])
    assert passes(automation) == [ANN, BOB]


def test_another_field_starts_nobody(booking, record):
    make_field(booking, "watched")
    other = make_field(booking, "other")
    automation = updated(booking, "watched")
    set_field(field=other, values={record.pk: "x"})
    assert passes(automation) == []


@pytest.mark.parametrize(("value", "entered"), [("10", [ANN, BOB]), ("9", [])])
def test_only_records_that_meet_the_segment(booking, record, value, entered):
    make_field(booking, "nights", "number")
    segment = {
        "type": "custom_object",
        "object_type": booking.pk,
        "field": "nights",
        "op": "greater",
        "value": "9",
    }
    automation = updated(booking, "title", record_segment={"match": "all", "conditions": [segment]})
    update_record(record=record, custom={"nights": value})
    update_record(record=record, title="Three weeks")
    assert passes(automation) == entered


def test_texts_name_the_record_by_its_key(booking, record, people, drain):
    make_field(booking, "nights", "number")
    other = create_record(type=booking, title="Later one", links={"guest": BOB})
    update_record(record=record, custom={"nights": "14"})
    updated(
        booking, "title", text="{{ booking.title }}/{{ booking.fields.nights }}/{{ custom_object.external_id }}"
    )
    update_record(record=record, title="Three weeks")
    drain()
    assert set(Note.objects.values_list("text", flat=True)) == {"Three weeks/14/b1"}
    assert other.title == "Later one"


def test_without_a_record_texts_take_the_contacts_latest(booking, record, people, drain):
    automation = new_automation()
    add_step(automation=automation, type="add_note", settings={"text": "{{ booking.title | default: 'none' }}"})
    publish(automation=automation)
    activate(automation=automation)
    create_record(type=booking, title="Later one", links={"guest": BOB})
    add_to_automation(automation=automation, contacts=[*people, ContactFactory(email="cal@example.com")])
    drain()
    notes = dict(Note.objects.values_list("contact__email", "text"))
    assert notes == {ANN: "Two weeks", BOB: "Later one", "cal@example.com": "none"}


# --- Exclusive ---------------------------------------------------------------------------------

REASON = "keeps an automation for itself"
TAG_TRIGGER = ("list_subscribed", None)


@pytest.mark.parametrize("object_first", [True, False])
def test_no_other_trigger_stands_beside_it(booking, object_first):
    automation = new_automation()
    mine = ("custom_object_created", {"object_type": booking.pk})
    first, second = (mine, TAG_TRIGGER) if object_first else (TAG_TRIGGER, mine)
    add_trigger(automation=automation, type=first[0], settings=first[1])
    with pytest.raises(ValidationError, match=REASON):
        add_trigger(automation=automation, type=second[0], settings=second[1])
    assert automation.triggers.count() == 1


@pytest.mark.parametrize("object_first", [True, False])
def test_the_database_refuses_it_both_ways_round(booking, object_first):
    automation = new_automation()
    mine = TRIGGERS["custom_object_created"](automation=automation, object_type=booking)
    other = TRIGGERS["list_subscribed"](automation=automation)
    first, second = (mine, other) if object_first else (other, mine)
    first.save()
    with pytest.raises(IntegrityError, match=REASON), transaction.atomic():
        second.save()
    first.save()  # it may be changed
    elsewhere = TRIGGERS["list_subscribed"](automation=new_automation())
    elsewhere.save()
    with pytest.raises(IntegrityError, match=REASON), transaction.atomic():
        Trigger.objects.filter(pk=elsewhere.pk).update(automation=automation, stands_alone=not object_first)


@pytest.mark.parametrize("object_first", [True, False])
def test_the_api_and_the_admin_say_why(booking, api, signed_in, object_first):
    automation = new_automation()
    mine = {"type": "custom_object_created", "object_type": booking.pk}
    other = {"type": "list_subscribed"}
    first, second = (mine, other) if object_first else (other, mine)
    assert api.post("/api/v1/triggers/", {"automation": automation.pk, **first}).status_code == 201
    refused = api.post("/api/v1/triggers/", {"automation": automation.pk, **second})
    assert refused.json()["error"]["fields"]["type"][0]["code"] == "exclusive"
    kind = ContentType.objects.get_for_model(TRIGGERS[second["type"]], for_concrete_model=False)
    page = f"{reverse('admin:automations_trigger_add')}?ct_id={kind.pk}&automation={automation.pk}"
    posted = {"object_type": booking.pk, "runs": "once", "recipients": "all"}
    assert REASON in signed_in.post(page, posted).content.decode() and automation.triggers.count() == 1


def test_contacts_can_still_be_added_by_hand(booking, people):
    automation = created(booking)
    assert add_to_automation(automation=automation, contacts=people[:1]) == {people[0].pk: Entry.ENTERED}


# --- What is in use ----------------------------------------------------------------------------


def test_types_fields_and_relations_in_use_stay(booking):
    make_field(booking, "watched")
    free = make_field(booking, "free")
    updated(booking, "watched")
    for used in (booking, booking.fields.get(key="watched"), booking.relations.get(key="guest")):
        with pytest.raises(InUse, match="is used by"):
            delete_unused(record=used)
    delete_unused(record=free)
    delete_unused(record=make_type("visit"))


# --- The picker --------------------------------------------------------------------------------


def test_objects_and_those_of_integrations_stand_in_their_groups(signed_in):
    automation = new_automation()
    url = reverse("builder:pick", args=[automation.pk, "triggers"])
    assert "Define a custom object first" in signed_in.get(url).content.decode()
    own, app = make_type("booking"), make_type("invoice", origin="app", app="Ledger")
    html = signed_in.get(url).content.decode()
    objects, apps = (html.split(f"<h2>{name}</h2>")[1].split("</section>")[0] for name in ("Objects", "Apps"))
    assert "Booking is created" in objects and "Booking is updated" in objects and "Invoice" not in objects
    assert "Invoice is created" in apps and "Ledger" in apps and "Booking" not in apps
    posted = {"type": "custom_object_updated", "settings": f'{{"object_type": {app.pk}}}'}
    assert signed_in.post(reverse("builder:add", args=[automation.pk, "triggers"]), posted).status_code == 200
    assert automation.triggers.get().object_type == app and own.pk != app.pk
