"""/object-types/, /object-relations/ and /object-records/ over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import CustomField, ObjectLink, ObjectRecord, ObjectType
from contacts.services import create_account
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
TYPES, RELATIONS, RECORDS = "/api/v1/object-types/", "/api/v1/object-relations/", "/api/v1/object-records/"


def send(api, method, url, body=None):
    return getattr(api, method)(url, body, format="json")


@pytest.fixture
def booking(api) -> ObjectType:
    """Defined over the API: nights (a required number), guests, and the account that pays."""
    made = send(api, "post", TYPES, {"key": "booking", "label": "Booking", "plural": "Bookings"})
    pk = made.json()["id"]
    field = {"entity": "object", "object_type": pk, "key": "nights", "label": "Nights", "type": "number"}
    assert send(api, "post", "/api/v1/fields/", {**field, "required": True}).status_code == 201
    for relation in (
        {"key": "guest", "label": "Guest", "target": "contact"},
        {"key": "others", "label": "Others", "target": "contact", "many": True},
        {"key": "payer", "label": "Payer", "target": "account"},
    ):
        assert send(api, "post", RELATIONS, {"type": pk, **relation}).status_code == 201
    return ObjectType.objects.get(pk=pk)


def errors(answer) -> set[str]:
    assert answer.status_code == 400, answer.content
    return set(answer.json()["error"]["fields"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": "booking"}, "key"),
        ({"key": "contact"}, "key"),
        ({"key": "Big one"}, "key"),
        ({"key": "a", "icon": "<b>"}, "icon"),
        ({"key": "a", "origin": "app"}, "app"),
        ({"key": "a", "origin": "moon"}, "origin"),
        ({"key": "a", "label": ""}, "label"),
    ],
)
def test_a_bad_type_is_refused(api, booking, body, field):
    assert errors(send(api, "post", TYPES, {"label": "X", "plural": "X", **body})) == {field}


def test_keys_and_targets_stay(api, booking):
    assert errors(send(api, "patch", f"{TYPES}{booking.pk}/", {"key": "other"})) == {"key"}
    relation = booking.relations.get(key="guest")
    assert errors(send(api, "patch", f"{RELATIONS}{relation.pk}/", {"target": "account"})) == {"target"}
    bad = {"type": booking.pk, "key": "moon", "label": "Moon", "target": "moon"}
    assert errors(send(api, "post", RELATIONS, bad)) == {"target"}
    assert send(api, "post", RELATIONS, {**bad, "key": "guest", "target": "contact"}).status_code == 400


def test_a_record_is_made_read_changed_and_deleted(api, booking):
    ann, bob = ContactFactory(email="ann@example.com"), ContactFactory()
    acme = create_account(name="Acme")
    body = {
        "object_type": booking.pk, "title": " Two  weeks ", "external_id": "b1", "fields": {"nights": "14.0"},
        "links": {"guest": "ANN@example.com", "others": [ann.pk, bob.pk], "payer": acme.pk},
    }  # fmt: skip
    made = send(api, "post", RECORDS, body)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["title"], shown["fields"]) == ("Two weeks", {"nights": "14"})
    assert shown["links"] == {"guest": [ann.pk], "others": [ann.pk, bob.pk], "payer": [acme.pk]}
    url = f"{RECORDS}{shown['id']}/"
    changed = send(api, "patch", url, {"fields": {"nights": 7}, "links": {"others": [bob.pk], "payer": []}}).json()
    assert (changed["fields"], changed["title"]) == ({"nights": "7"}, "Two weeks")
    assert changed["links"] == {"guest": [ann.pk], "others": [bob.pk]} and api.get(url).json() == changed
    assert send(api, "delete", url).status_code == 204 and not ObjectRecord.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fields.nights"),
        ({"fields": {"nights": None}}, "fields.nights"),
        ({"fields": {"nights": "many"}}, "fields.nights"),
        ({"fields": {"nights": 1, "gone": 1}}, "fields.gone"),
        ({"fields": {"nights": 1}, "links": {"gone": 1}}, "links.gone"),
        ({"fields": {"nights": 1}, "links": {"guest": 999_999}}, "links.guest"),
        ({"fields": {"nights": 1}, "links": {"guest": "who@example.com"}}, "links.guest"),
        ({"fields": {"nights": 1}, "links": {"guest": [1, 2]}}, "links.guest"),
        ({"fields": {"nights": 1}, "links": {"payer": [{"id": 1}]}}, "links.payer"),
        ({"fields": {"nights": 1}, "object_type": 999_999}, "object_type"),
        ({"fields": {"nights": 1}, "title": "x" * 201}, "title"),
        ({"fields": {"nights": 1}, "colour": "red"}, "colour"),
    ],
)
def test_a_bad_record_is_refused_and_nothing_is_written(api, booking, body, field):
    assert errors(send(api, "post", RECORDS, {"object_type": booking.pk, **body})) == {field}
    assert not ObjectRecord.objects.exists() and not ObjectLink.objects.exists()


def test_an_external_id_and_a_unique_title_stand_once(api, booking):
    body = {"object_type": booking.pk, "external_id": "b1", "title": "One", "fields": {"nights": 1}}
    assert send(api, "post", RECORDS, body).status_code == 201
    assert send(api, "post", RECORDS, body).status_code == 400
    assert send(api, "post", RECORDS, {**body, "external_id": "b2"}).status_code == 201
    assert errors(send(api, "patch", f"{TYPES}{booking.pk}/", {"unique_titles": True})) == {"unique_titles"}
    ObjectRecord.objects.filter(external_id="b2").delete()
    assert send(api, "patch", f"{TYPES}{booking.pk}/", {"unique_titles": True}).status_code == 200
    assert errors(send(api, "post", RECORDS, {**body, "external_id": "b3", "title": "ONE"})) == {"title"}


def test_records_are_upserted_by_external_id(api, booking):
    ann = ContactFactory(email="ann@example.com")
    rows = [
        {"external_id": "b1", "title": "One", "fields": {"nights": 1}, "links": {"guest": ann.pk}},
        {"external_id": "b2", "fields": {}},
        {"title": "Without id", "fields": {"nights": 2}},
        {"external_id": "b3", "fields": {"nights": 3}, "links": {"guest": "nobody@example.com"}},
        {"external_id": "b1", "fields": {"nights": 9}},
    ]
    answer = send(api, "post", f"{RECORDS}bulk/", {"object_type": booking.pk, "records": rows}).json()
    assert [row["status"] for row in answer["results"]] == ["created", "error", "created", "error", "error"]
    assert [set(row["error"]["fields"]) for row in answer["results"] if row["error"]] == [
        {"fields.nights"}, {"links.guest"}, {"external_id"},
    ]  # fmt: skip
    assert sorted(ObjectRecord.objects.values_list("title", "external_id")) == [("One", "b1"), ("Without id", "")]
    again = [{"external_id": "b1", "fields": {"nights": 5}, "links": {"others": ["ann@example.com"]}}]
    assert (
        send(api, "post", f"{RECORDS}bulk/", {"object_type": booking.pk, "records": again}).json()["updated"] == 1
    )
    record = ObjectRecord.objects.get(external_id="b1")
    assert (record.custom_values["nights"], record.linked) == (5, {"guest": [ann.pk], "others": [ann.pk]})


def test_bulk_costs_the_same_for_few_and_many(api, booking):
    ann = ContactFactory()

    def cost(names) -> int:
        rows = [{"external_id": f"{n}", "fields": {"nights": 1}, "links": {"guest": ann.pk}} for n in names]
        with CaptureQueriesContext(connection) as queries:
            send(api, "post", f"{RECORDS}bulk/", {"object_type": booking.pk, "records": rows})
        return len(queries)

    cost(["first"])
    assert cost(["a", "b"]) == cost([f"n{number}" for number in range(50)])


def test_the_list_is_filtered_and_has_a_constant_number_of_queries(api, booking):
    ann = ContactFactory()

    def make(number: int) -> None:
        rows = [{"title": f"R{n}", "fields": {"nights": n}, "links": {"guest": ann.pk}} for n in range(number)]
        send(api, "post", f"{RECORDS}bulk/", {"object_type": booking.pk, "records": rows})

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"{RECORDS}?object_type={booking.pk}").status_code == 200
        return len(queries)

    make(2)
    before = cost()
    make(20)
    assert cost() == before
    assert len(api.get(f"{RECORDS}?search=R19").json()["results"]) == 1
    assert len(api.get(f"{RECORDS}?contact={ann.pk}").json()["results"]) == 22
    assert api.get(f"{RECORDS}?object_type=999999").status_code == 400


def test_only_a_field_of_an_object_has_a_type_and_may_be_required(api, booking):
    field = {"key": "x", "label": "X", "type": "text"}
    assert errors(send(api, "post", "/api/v1/fields/", {**field, "entity": "object"})) == {"object_type"}
    assert errors(send(api, "post", "/api/v1/fields/", {**field, "object_type": booking.pk})) == {"object_type"}
    assert errors(send(api, "post", "/api/v1/fields/", {**field, "required": True})) == {"required"}
    mine = {**field, "entity": "object", "object_type": booking.pk}
    assert errors(send(api, "post", "/api/v1/fields/", {**mine, "key": "title"})) == {"key"}
    assert send(api, "post", "/api/v1/fields/", {**mine, "key": "nights"}).status_code == 400
    other = ObjectType.objects.create(key="visit", label="Visit", plural="Visits")
    assert (
        send(api, "post", "/api/v1/fields/", {**mine, "object_type": other.pk, "key": "nights"}).status_code == 201
    )
    assert CustomField.objects.filter(key="nights").count() == 2
