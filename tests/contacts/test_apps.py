"""Connected apps: what their endpoint takes and refuses, and what services leave behind."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.connectors import CONNECTORS
from contacts.connectors.base import ApiFailed, named, split_name
from contacts.models import AppConnection, AppDelivery, AppReceipt, AppSource, Contact, Subscription
from contacts.public import apps as endpoint
from contacts.selectors.timeline import timeline
from contacts.services import (
    InUse,
    create_contact,
    delete_old_deliveries,
    delete_unused,
    refresh_sources,
    replay_delivery,
    save_connection,
    subscribe_app,
    unsubscribe_contacts,
)
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from tests.factories import ListFactory, TagFactory
from tests.peers.apps import PAYLOADS, SECRET, about, connect, path_of, signed
from tests.peers.http import Answer, HttpTarget

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("app", list(PAYLOADS))


@pytest.fixture(autouse=True)
def _no_limit_left_over():
    cache.clear()


def send(connection, given, path="", **extra):
    """(status, outcome or error code) of a delivery, signed as the app signs; bytes are signed as they are."""
    body, headers = signed(connection.app, given)
    headers = {**headers, **extra.pop("headers", {})}
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    kind = headers.pop("Content-Type")
    answer = client.post(path or path_of(connection), body, content_type=kind, headers=headers, **extra)
    said = answer.json()
    return answer.status_code, said.get("outcome") or said["error"]["code"]


@every
def test_makes_the_contact_and_keeps_what_was_said(app):
    connection = connect(app)
    assert send(connection, about(app, " Ann@Example.COM ", 1)) == (200, "received")
    contact, receipt, delivery = Contact.objects.get(), AppReceipt.objects.get(), AppDelivery.objects.get()
    first = "Ann Marie" if app == "calendly" else "Ann"
    assert (contact.email, contact.name, contact.phone) == ("ann@example.com", f"{first} Lee", "+33612345678")
    assert (receipt.contact, receipt.source, receipt.app_source.connection) == (contact, "integration", connection)
    assert (delivery.contact, delivery.outcome, delivery.error) == (contact, "received", "")
    assert SECRET not in json.dumps(receipt.data) and receipt.data["answers"]
    (entry,) = [entry for entry in timeline(contact=contact).entries if entry.provider == "apps"]
    assert CONNECTORS[app].label in entry.title and receipt.app_source.name in entry.title


@every
def test_never_overwrites(app):
    full = create_contact(email="full@example.com", first_name="F", phone="+4420")
    empty = create_contact(email="empty@example.com")
    connection = connect(app)
    for number, contact in enumerate((full, empty)):
        assert send(connection, about(app, contact.email, number)) == (200, "received")
        contact.refresh_from_db()
    assert (full.first_name, full.last_name, full.phone) == ("F", "", "+4420")
    assert (empty.last_name, empty.phone) == ("Lee", "+33612345678")


def test_lists_and_tags_but_not_those_who_left():
    tag, one = TagFactory(), ListFactory()
    connection = connect("typeform", lists=[one], tags=[tag])
    gone = create_contact(email="gone@example.com")
    unsubscribe_contacts(contacts=gone, list=one)
    Subscription.objects.create(contact=gone, list=one, status="unsubscribed")
    for number, address in enumerate(["new@example.com", "gone@example.com"]):
        assert send(connection, about("typeform", address, number)) == (200, "received")
    assert sorted(tag.contacts.values_list("email", flat=True)) == ["gone@example.com", "new@example.com"]
    assert dict(Subscription.objects.values_list("contact__email", "status")) == {
        "gone@example.com": "unsubscribed", "new@example.com": "active",
    }  # fmt: skip
    for record in (tag, one):
        with pytest.raises(InUse, match="app connection"):
            delete_unused(record=record)


REFUSED = [
    # what is wrong, status, code
    ("unknown", 404, "not_found"),
    ("other app", 404, "not_found"),
    ("unsigned", 403, "wrong_signature"),
    ("altered", 403, "wrong_signature"),
    ("junk", 403, "wrong_signature"),
]


@every
@pytest.mark.parametrize(("wrong", "status", "code"), REFUSED)
def test_refused_and_nothing_left(app, wrong, status, code):
    connection = connect(app)
    body, headers = signed(app, about(app, "a@example.com", 1))
    kind, path = headers.pop("Content-Type"), path_of(connection)
    if wrong == "unknown":
        path = path.replace(connection.public_id, "x" * 16)
    elif wrong == "other app":
        path = path.replace(app, "typeform" if app != "typeform" else "calendly")
    elif app == "unbounce":
        path = {"unsigned": path_of(connection, "")[:-1], "altered": path[:-2] + "/", "junk": path[:-1] + "%FF/"}[
            wrong
        ]
    elif wrong == "unsigned":
        headers = {}
    elif wrong == "altered":
        body = body.replace(b"a@example.com", b"b@example.com")
    else:
        headers = dict.fromkeys(headers, "t=ключ,v1=\x00,=,sha256=")
    answer = Client(raise_request_exception=False).post(path, body, content_type=kind, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()["error"]) == {"code", "message"}
    assert not AppDelivery.objects.exists() and not Contact.objects.exists()


@pytest.mark.parametrize("app", ["calendly", "typeform"])
@pytest.mark.parametrize("given", ["text", [], {}, {"event": 1, "payload": []}, {"form_response": {"token": {}}}])
def test_what_the_app_does_not_send(app, given):
    connection = connect(app)
    assert send(connection, given) == (400, "invalid")
    delivery = AppDelivery.objects.get()
    assert delivery.outcome == "failed" and delivery.error
    assert replay_delivery(delivery=delivery) == "failed"


@pytest.mark.parametrize(
    "given",
    [{}, {"data.json": "{"}, {"data.json": "[1]", "page_id": "x"}, {"data.json": "{}"}, {"data.xml": "<x/>"}],
)
def test_what_unbounce_does_not_send(given):
    assert send(connect("unbounce"), given) == (400, "invalid")


def test_odd_answers_are_taken_as_texts():
    odd = [None, 1, {"type": "text"}, {"type": ["x"]}, {"type": "text", "text": {"a": [1]}, "field": {"id": [1]}}]
    given = about("typeform", "a@example.com", 1, hidden={"email": "h@example.com", "x": "\x00\ud800", "n": 7})
    given["form_response"]["answers"] = odd
    given["form_response"]["definition"]["fields"] = ["x", {"id": {}}]
    assert send(connect("typeform"), given) == (200, "received")
    assert Contact.objects.get().email == "h@example.com"
    assert AppReceipt.objects.get().data["hidden"] == {"email": "h@example.com", "x": "", "n": "7"}


def test_names_for_templates():
    assert named([("Votre prénom ?", "a"), ("votre prenom", "b"), ("日本", "c"), ("9 lives", "d")]) == {
        "votre_prenom": "a", "votre_prenom_2": "b", "answer": "c", "9_lives": "d",
    }  # fmt: skip
    assert len(named((str(number), "x") for number in range(1_000))) == 200
    assert [split_name(name) for name in ("", "Ann", "Ann Lee", " Ann  Marie Lee ")] == [
        ("", ""), ("Ann", ""), ("Ann", "Lee"), ("Ann  Marie", "Lee"),
    ]  # fmt: skip


@every
def test_sizes_methods_and_floods(app, settings, monkeypatch, one_minute):
    connection = connect(app)
    settings.APP_MAX_BODY = 10
    assert send(connection, about(app, "a@example.com", 1)) == (413, "too_large")
    settings.APP_MAX_BODY = 100_000
    answer = Client().get(path_of(connection))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    monkeypatch.setattr(endpoint, "WRONG_SIGNATURES", 1)
    wrong = path_of(connection, "wrong-wrong-wrong-1")
    bad = {"headers": {"Typeform-Signature": "x", "Calendly-Webhook-Signature": "x"}, "path": wrong}
    assert [send(connection, about(app, "a@example.com", 1), **bad)[0] for _try in range(2)] == [403, 429]
    settings.APP_RATE_PER_CONNECTION = 2
    assert [send(connection, about(app, "a@example.com", n))[0] for n in range(3)] == [200, 200, 429]
    settings.APP_RATE_PER_ADDRESS = 1
    assert send(connection, about(app, "a@example.com", 9)) == (429, "throttled")


def test_a_replay_after_its_delivery_was_deleted_counts_once():
    connection = connect("typeform")
    given = about("typeform", "a@example.com", 1)
    assert send(connection, given) == (200, "received")
    AppDelivery.objects.update(received_at=timezone.now() - timedelta(days=31))
    assert delete_old_deliveries(now=timezone.now()) == 1
    assert send(connection, given) == (200, "replay")
    assert AppReceipt.objects.count() == 1
    send(connection, about("typeform", "a@example.com", 2))
    assert delete_old_deliveries(now=timezone.now()) == 0


def test_failed_deliveries_are_taken_in_by_a_retry_and_by_hand():
    connection = connect("typeform")
    given = about("typeform", "nobody", 1)
    assert send(connection, given) == (202, "failed")
    assert "nobody" in AppDelivery.objects.get().error
    # The app sends it again, and what was wrong is mended.
    given["form_response"]["answers"][1]["email"] = "a@example.com"
    assert send(connection, given) == (200, "received")
    delivery = AppDelivery.objects.get()
    assert (delivery.outcome, delivery.error) == ("received", "")
    with pytest.raises(ValidationError, match="went in already"):
        replay_delivery(delivery=delivery)
    save_connection(connection=connection, values={"is_active": False})
    assert send(connection, about("typeform", "b@example.com", 2)) == (200, "off")
    late = AppDelivery.objects.get(outcome="off")
    with pytest.raises(ValidationError, match="switched off"):
        replay_delivery(delivery=late)
    save_connection(connection=connection, values={"is_active": True})
    assert replay_delivery(delivery=late) == "received"
    assert Contact.objects.filter(email="b@example.com").exists()


def test_a_crash_is_kept_and_answered_so_that_the_app_tries_again(monkeypatch):
    from contacts.services import apps

    def crash(*args, **kwargs):
        raise RuntimeError("the disk is full")

    connection = connect("calendly")
    given = about("calendly", "a@example.com", 1)
    with monkeypatch.context() as broken:
        broken.setattr(apps, "tag_contacts", crash)
        connection.tags.add(TagFactory())
        assert send(connection, given) == (500, "error")
    assert "disk is full" in AppDelivery.objects.get().error
    assert not Contact.objects.exists()
    assert send(connection, given) == (200, "received")


def test_the_same_id_in_two_connections_is_two():
    for name in ("One", "Two"):
        assert send(connect("typeform", name), about("typeform", "a@example.com", 1)) == (200, "received")
    assert AppReceipt.objects.count() == 2


def test_sources_are_renamed_as_the_app_renames_them():
    connection = connect("typeform")
    given = about("typeform", "a@example.com", 1)
    send(connection, given)
    given = about("typeform", "a@example.com", 2)
    given["form_response"]["definition"]["title"] = "New title"
    send(connection, given)
    assert AppSource.objects.get().name == "New title"


@every
def test_merge_export_and_erasure(app):
    ann = create_contact(email="ann@example.com")
    connection = connect(app)
    send(connection, about(app, "twin@example.com", 1))
    twin = Contact.objects.get(email="twin@example.com")
    merge_contacts(keep=ann, drop=twin)
    assert AppReceipt.objects.get().contact == ann and AppDelivery.objects.get().contact == ann
    AppConnection.objects.update(is_active=False)
    send(connection, about(app, "ann@example.com", 2))  # no contact on it yet, but her address
    data = export_person(contact=ann)
    (fact,) = [fact for fact in data["history"] if fact["kind"] == "app"]
    assert fact["app"] == app and fact["data"]["answers"]
    assert len(data["app_deliveries"]) == 2
    erase_person(contact=ann)
    assert not AppReceipt.objects.exists()
    assert {(row.body, row.error, row.contact) for row in AppDelivery.objects.all()} == {("", "", None)}
    AppConnection.objects.update(is_active=True)
    assert send(connection, about(app, "twin@example.com", 1)) == (200, "replay")
    assert not Contact.objects.exists()


def test_a_delivery_costs_the_same_however_much_there_is(settings):
    settings.TRIGGER_INDEX_TTL = 3_600  # else whichever comes after the interval reads the token too
    connection = connect("typeform")
    for number in range(30):
        send(connection, about("typeform", f"c{number}@example.com", number))

    def cost(number):
        with CaptureQueriesContext(database) as queries:
            assert send(connection, about("typeform", "c1@example.com", number))[0] == 200
        return len(queries)

    assert cost(40) == cost(41) <= 24  # savepoints among them


@pytest.fixture
def target(settings, monkeypatch):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    target = HttpTarget()
    target.start()
    for app in ("calendly", "typeform"):
        monkeypatch.setattr(type(CONNECTORS[app]), "api", target.url)
    yield target
    target.stop()


def answer(**data):
    return Answer(body=json.dumps(data).encode())


def test_typeform_forms_are_read(target):
    connection = connect("typeform", token="tfp_1")
    pages = [[{"id": "a", "title": "Survey"}], [{"id": "b", "title": "Quiz"}]]
    target.script(*(answer(items=page, page_count=2) for page in pages))
    assert refresh_sources(connection=connection) == 2
    assert list(AppSource.objects.values_list("external_id", "name")) == [("b", "Quiz"), ("a", "Survey")]
    assert target.requests[0].headers["authorization"] == "Bearer tfp_1"
    assert "page=2" in target.requests[1].path


def test_calendly_is_connected_and_read(target):
    connection = connect("calendly", token="cal_1")
    me = answer(resource={"uri": "https://api.calendly.com/users/U1", "current_organization": "https://x/o"})
    target.script(me, Answer(status=201, body=b"{}"))
    subscribe_app(connection=connection)
    sent = target.requests[1].json
    assert sent["url"].endswith(path_of(connection)) and sent["signing_key"] == SECRET
    assert (sent["scope"], sent["events"]) == ("user", ["invitee.created", "invitee.canceled"])
    elsewhere = answer(
        collection=[{"uri": "u1", "name": "Intro"}], pagination={"next_page": "https://evil.example/"}
    )
    target.script(me, elsewhere)
    assert refresh_sources(connection=connection) == 1
    assert AppSource.objects.get().name == "Intro"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (Answer(status=401), "refuses the API token"),
        (Answer(status=500), "status 500"),
        (Answer(body=b"<html>"), "no JSON"),
        (Answer(body=b"[]"), "no JSON"),
        (Answer(body=b"x" * 3_000_000), "too much"),
        (Answer(drop=True), "can't be reached"),
    ],
)
def test_an_api_that_fails(target, given, match):
    target.script(given)
    with pytest.raises(ApiFailed, match=match):
        refresh_sources(connection=connect("typeform", token="t"))


def test_without_a_token_and_with_a_bad_one(target):
    with pytest.raises(ValidationError, match="token first"):
        refresh_sources(connection=connect("typeform"))
    with pytest.raises(ValidationError, match="token first"):
        subscribe_app(connection=connect("unbounce", token="x"))
    with pytest.raises(ApiFailed, match="characters"):
        refresh_sources(connection=connect("typeform", "Other", token="a\r\nX: 1"))
    assert target.requests == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"app": "hubspot"}, "app"),
        ({"secret": "short"}, "secret"),
        ({"secret": "with a space in it ..."}, "secret"),
        ({"app": "unbounce", "secret": "a/slash/in/the/address"}, "secret"),
        ({"name": ""}, "name"),
        ({"name": "Main"}, "__all__"),
    ],
)
def test_bad_connections(changes, field):
    connect("typeform")
    with pytest.raises(ValidationError) as refused:
        connect(**{"app": "typeform", "name": "Other", **changes})
    assert field in refused.value.message_dict
    assert AppConnection.objects.count() == 1


def test_a_connection_keeps_its_app_and_its_secret():
    connection = connect("typeform", token="t")
    with pytest.raises(ValidationError, match="can't be changed"):
        save_connection(connection=connection, values={"app": "calendly"})
    connection = AppConnection.objects.get()
    save_connection(connection=connection, values={"name": "New", "secret": "", "token": ""})
    connection.refresh_from_db()
    assert (connection.name, connection.secret, connection.token) == ("New", SECRET, "t")
    random = save_connection(connection=AppConnection(), values={"app": "unbounce", "name": "x"})
    assert len(random.secret) >= 40
