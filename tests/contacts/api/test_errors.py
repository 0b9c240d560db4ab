"""Every refusal has the one shape, and names the field."""

import json

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from contacts.models import Contact, CustomField, List, Suppression, Tag
from contacts.services import create_contact, delete_unused
from contacts.signals import usage_requested

pytestmark = pytest.mark.django_db


def assert_shape(response, status, code=None):
    assert response.status_code == status, response.content
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["message"]
    for errors in body["error"]["fields"].values():
        assert errors
        assert all(set(error) == {"code", "message"} and error["message"] for error in errors)
    if code:
        assert body["error"]["code"] == code
    return body["error"]


GOOD = {"email": "ada@example.com"}
BAD_CONTACTS = [
    ({}, "email", "required"),
    ({"email": ""}, "email", "blank"),
    ({"email": "   "}, "email", "blank"),
    ({"email": None}, "email", "null"),
    ({"email": "no-at-sign"}, "email", "email"),
    ({"email": "a@b"}, "email", "email"),
    ({"email": "a" * 250 + "@example.com"}, "email", "max_length"),
    ({"email": ["a@example.com"]}, "email", "invalid"),
    ({"email": "taken@example.com"}, "email", "unique"),
    ({"email": "TAKEN@Example.com "}, "email", "unique"),
    ({**GOOD, "surname": "x"}, "surname", "unknown"),
    ({**GOOD, "id": 7}, "id", "unknown"),
    ({**GOOD, "tags": ["x"]}, "tags", "unknown"),
    ({**GOOD, "phone": "1" * 33}, "phone", "invalid"),
    ({**GOOD, "first_name": "x" * 101}, "first_name", "max_length"),
    ({**GOOD, "first_name": {"a": 1}}, "first_name", "invalid"),
    ({**GOOD, "language": "x" * 11}, "language", "max_length"),
    ({**GOOD, "time_zone": "Mars/Phobos"}, "time_zone", "invalid"),
    ({**GOOD, "owner": 999_999}, "owner", "invalid"),
    ({**GOOD, "owner": "me"}, "owner", "invalid"),
    ({**GOOD, "owner": 0}, "owner", "min_value"),
    ({**GOOD, "owner": 10**30}, "owner", "max_value"),
    ({**GOOD, "fields": []}, "fields", "not_a_dict"),
    ({**GOOD, "fields": {"nope": 1}}, "fields.nope", "unknown"),
    ({**GOOD, "fields": {"age": "old"}}, "fields.age", "invalid"),
    ({**GOOD, "fields": {"age": "1e400"}}, "fields.age", "invalid"),
    ({**GOOD, "fields": {"age": [1]}}, "fields.age", "invalid"),
    ({**GOOD, "fields": {"born": "2026-02-30"}}, "fields.born", "invalid"),
    ({**GOOD, "fields": {"plan": "platinum"}}, "fields.plan", "invalid"),
    ({**GOOD, "fields": {"likes": ["tea", "stones"]}}, "fields.likes", "invalid"),
    ({**GOOD, "fields": {"likes": [["tea"]]}}, "fields.likes", "invalid"),
    ({**GOOD, "fields": {"price": {"amount": "x", "currency": "EUR"}}}, "fields.price", "invalid"),
    ({**GOOD, "fields": {"price": {"amount": "1", "currency": "euro"}}}, "fields.price", "invalid"),
    ({**GOOD, "fields": {"news": "perhaps"}}, "fields.news", "invalid"),
]


@pytest.fixture
def fields():
    for key, kind, options in [
        ("age", "number", []),
        ("born", "date", []),
        ("plan", "dropdown", ["gold", "silver"]),
        ("likes", "multiselect", ["tea", "coffee"]),
        ("price", "money", []),
        ("news", "checkbox", []),
    ]:
        CustomField.objects.create(key=key, label=key, type=kind, options=options)


@pytest.mark.parametrize(("data", "field", "code"), BAD_CONTACTS)
def test_bad_contact_is_refused_whole_and_names_the_field(api, fields, data, field, code):
    create_contact(email="taken@example.com")
    error = assert_shape(api.post("/api/v1/contacts/", data), 400, "invalid")
    assert [item["code"] for item in error["fields"][field]] == [code]
    assert field in error["message"]
    assert Contact.objects.count() == 1


def test_unknown_fields_first_then_all_bad_values_at_once(api, fields):
    data = {"email": "no", "surname": 1, "fields": {"age": "old", "plan": "x"}}
    assert set(assert_shape(api.post("/api/v1/contacts/", data), 400)["fields"]) == {"surname"}
    del data["surname"]
    error = assert_shape(api.post("/api/v1/contacts/", data), 400)
    assert set(error["fields"]) == {"email", "fields.age", "fields.plan"}


BAD_BODIES = [
    (b"{", 400, "parse_error"),
    (b'{"email": NaN}', 400, "parse_error"),
    (b"\xff\xfe", 400, "parse_error"),
    (b'{"email": "a\\u0000@example.com"}', 400, "parse_error"),
    (b'{"email": "\\ud800@example.com"}', 400, "parse_error"),
    (b"[" * 100_000, 400, "parse_error"),
    (b"[" * 50 + b"]" * 50, 400, "parse_error"),
    (b'{"email": ' + b"9" * 5_000 + b"}", 400, "parse_error"),
    (b"[]", 400, "invalid"),
    (b"7", 400, "invalid"),
    (b"null", 400, "invalid"),
    (b'"x"', 400, "invalid"),
    (b'"' + b"x" * (5 * 1024 * 1024) + b'"', 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_bad_bodies(api, body, status, code):
    response = api.generic("POST", "/api/v1/contacts/", body, content_type="application/json")
    assert_shape(response, status, code)


def test_chunked_body_does_not_pass_for_empty(api):
    headers = {"transfer-encoding": "chunked"}
    assert_shape(api.post("/api/v1/contacts/", GOOD, headers=headers), 411, "length_required")


def test_message_says_what_is_wrong(api):
    error = assert_shape(api.post("/api/v1/contacts/", {"email": "x", "fields": {"a": 1}}), 400)
    assert error["message"].startswith("email: “x” is not an e-mail address. fields.a: There is no custom")


def test_other_content_type(api):
    response = api.generic("POST", "/api/v1/contacts/", b"a,b", content_type="text/csv")
    assert_shape(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/contacts/999999/", 404, "not_found"),
        ("get", "/api/v1/contacts/999999999999999999/", 404, "not_found"),
        ("get", "/api/v1/contacts/9999999999999999999999/", 404, "not_found"),
        ("get", "/api/v1/contacts/abc/", 404, "not_found"),
        ("get", "/api/v1/contact/", 404, "not_found"),
        ("post", "/api/v1/contacts", 404, "not_found"),
        ("get", "/api/nothing", 404, "not_found"),
        ("patch", "/api/v1/contacts/999999/", 404, "not_found"),
        ("delete", "/api/v1/contacts/999999/", 404, "not_found"),
        ("post", "/api/v1/tags/999999/contacts/", 400, "invalid"),
        ("put", "/api/v1/contacts/1/", 405, "method_not_allowed"),
    ],
)
def test_unknown_addresses(api, method, path, status, code):
    assert_shape(getattr(api, method)(path, {}), status, code)


def test_no_login_and_wrong_token():
    response = APIClient().get("/api/v1/contacts/")
    assert_shape(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Token"
    response = APIClient().get("/api/v1/contacts/", HTTP_AUTHORIZATION="Token nope")
    assert_shape(response, 401, "authentication_failed")


def test_session_needs_csrf(manager):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(manager)
    assert client.get("/api/v1/contacts/").status_code == 200
    assert_shape(client.post("/api/v1/contacts/", GOOD), 403, "permission_denied")


def test_throttled(api, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    for _ in range(2):
        assert api.get("/api/v1/tags/").status_code == 200
    response = api.get("/api/v1/tags/")
    assert_shape(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60


@pytest.mark.parametrize(("prefix", "model"), [("tags", Tag), ("lists", List)])
def test_used_record_is_not_deleted_and_the_user_is_named(api, prefix, model):
    record = model.objects.create(name="Gold")

    def uses(record, **kwargs):
        return ["automation “Welcome”"] if record.name == "Gold" else []

    usage_requested.connect(uses, sender=model)
    try:
        error = assert_shape(api.delete(f"/api/v1/{prefix}/{record.pk}/"), 409, "in_use")
    finally:
        usage_requested.disconnect(uses, sender=model)
    assert "automation “Welcome”" in error["message"]
    assert model.objects.filter(pk=record.pk).exists()
    assert api.delete(f"/api/v1/{prefix}/{record.pk}/").status_code == 204
    assert not model.objects.filter(pk=record.pk).exists()


def test_broken_constraint_is_a_conflict(api, monkeypatch):
    def clash(**kwargs):
        raise IntegrityError("UNIQUE constraint failed")

    monkeypatch.setattr("contacts.api.base.save_record", clash)
    assert_shape(api.post("/api/v1/tags/", {"name": "x"}), 409, "conflict")


def test_unforeseen_error_answers_in_shape_without_details(manager, monkeypatch):
    def fail(**kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("contacts.api.base.save_record", fail)
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(manager)
    response = client.post("/api/v1/tags/", {"name": "x"})
    assert response.status_code == 500
    assert json.loads(response.content)["error"]["code"] == "server_error"
    assert b"secret detail" not in response.content


@pytest.mark.parametrize(
    ("prefix", "data", "field"),
    [
        ("tags", {"name": ""}, "name"),
        ("tags", {"name": "x" * 101}, "name"),
        ("tags", {"name": "GOLD"}, "__all__"),
        ("tags", {"name": "x", "colour": "red"}, "colour"),
        ("tags", {"name": "x", "id": 3}, "id"),
        ("lists", {}, "name"),
        ("lists", {"name": "gold"}, "__all__"),
        ("lists", {"name": "x", "is_public": "perhaps"}, "is_public"),
        ("segments", {"name": "x", "conditions": []}, "conditions"),
        ("segments", {"name": "x", "conditions": "all"}, "conditions"),
        ("fields", {"key": "email", "label": "x", "type": "text"}, "key"),
        ("fields", {"key": "Two Words", "label": "x", "type": "text"}, "key"),
        ("fields", {"key": "age", "label": "x", "type": "text"}, "__all__"),
        ("fields", {"key": "x", "label": "x", "type": "colour"}, "type"),
        ("fields", {"key": "x", "label": "x", "type": "dropdown"}, "options"),
        ("fields", {"key": "x", "label": "x", "type": "dropdown", "options": ["a", "a"]}, "options"),
        ("fields", {"key": "x", "label": "x", "type": "dropdown", "options": [{"a": 1}]}, "options.0"),
        ("notes", {"contact": 999_999, "text": "x"}, "contact"),
        ("notes", {"contact": "x", "text": "x"}, "contact"),
        ("notes", {"text": "x"}, "contact"),
        ("suppressions", {"address": "nope"}, "address"),
        ("suppressions", {"address": "a@example.com", "reason": "mood"}, "reason"),
    ],
)
def test_bad_records(api, fields, prefix, data, field):
    Tag.objects.create(name="Gold")
    List.objects.create(name="Gold")
    error = assert_shape(api.post(f"/api/v1/{prefix}/", data), 400, "invalid")
    assert set(error["fields"]) == {field}
    assert not Suppression.objects.exists()
    assert Tag.objects.count() == List.objects.count() == 1


def test_field_key_and_type_stay(api):
    field = CustomField.objects.create(key="age", label="Age", type="number")
    error = assert_shape(api.patch(f"/api/v1/fields/{field.pk}/", {"key": "years", "type": "text"}), 400)
    assert set(error["fields"]) == {"key", "type"}
    assert api.patch(f"/api/v1/fields/{field.pk}/", {"label": "Years", "type": "number"}).status_code == 200
    delete_unused(record=field)
