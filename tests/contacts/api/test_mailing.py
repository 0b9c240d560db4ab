"""/postmark-servers/ and /email-replies/."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import EmailReply, PostmarkServer
from tests.contacts import mail

from .conftest import client_of, member

pytestmark = pytest.mark.django_db
SERVERS, REPLIES = "/api/v1/postmark-servers/", "/api/v1/email-replies/"
TOKEN = "server-token-1"


def test_a_server_is_made_changed_and_deleted(api, settings):
    made = api.post(SERVERS, {"name": " Shop ", "token": TOKEN})
    assert made.status_code == 201, made.content
    shown = made.json()
    server = PostmarkServer.objects.get()
    assert (shown["name"], shown["has_token"], server.token) == ("Shop", True, TOKEN)
    assert shown["address"] == f"{settings.SITE_URL}/postmark/{server.pk}/{server.key}/"
    path = shown["address"].removeprefix(settings.SITE_URL)
    assert Client().post(path, mail.postmark("Open"), content_type="application/json").status_code == 200
    one = f"{SERVERS}{server.pk}/"
    renamed = api.patch(one, {"name": "Shop 2"})
    assert renamed.json()["address"] == shown["address"] and renamed.json()["unknown_contacts"] == 1
    moved = api.patch(one, {"new_key": True, "token": "server-token-2"})
    server.refresh_from_db()
    assert moved.json()["name"] == server.name == "Shop 2" and server.token == "server-token-2"
    assert moved.json()["address"] != shown["address"]
    assert Client().post(path, mail.postmark("Open"), content_type="application/json").status_code == 404
    for answer in (made, renamed, moved, api.get(one), api.get(SERVERS)):
        assert "server-token" not in answer.content.decode() and "token" not in answer.json()
    assert api.delete(one).status_code == 204 and not PostmarkServer.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "Taken"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a", "token": "two words"}, "token"),
        ({"name": "a", "token": ""}, "token"),
        ({"name": "a", "token": "x" * 201}, "token"),
        ({"name": "a", "new_key": "perhaps"}, "new_key"),
        ({"name": "a", "streams": ["x"]}, "streams"),
        ({"name": "a", "key": "mine"}, "key"),
    ],
)
def test_bad_input_is_named(api, body, field):
    PostmarkServer.objects.create(name="Taken")
    refused = api.post(SERVERS, body)
    assert refused.status_code == 400 and set(refused.json()["error"]["fields"]) == {field}
    assert PostmarkServer.objects.count() == 1


@pytest.mark.parametrize("who", ["viewer", "editor"])
def test_only_managers_see_the_address(who):
    server = PostmarkServer.objects.create(name="Shop", token=TOKEN)
    answer = client_of(member(who)).get(f"{SERVERS}{server.pk}/")
    assert answer.json()["address"] == "" and server.key not in answer.content.decode()


def test_answers_are_filtered_and_paged(api):
    assert api.get(REPLIES).json()["results"] == []
    now = timezone.now()
    emails = [mail.sent_email() for _number in range(3)]
    rows = [
        EmailReply.objects.create(contact=email.contact, email=email, subject="Re", at=now - timedelta(days=days))
        for days, email in enumerate(emails)
    ]

    def found(**filters: object) -> list[int]:
        answer = api.get(REPLIES, filters)
        assert answer.status_code == 200, answer.content
        return [rows.index(EmailReply.objects.get(pk=row["id"])) for row in answer.json()["results"]]

    assert found() == [2, 1, 0]
    assert found(contact=emails[1].contact_id) == found(campaign=emails[1].campaign_id) == [1]
    assert found(email=emails[2].pk) == [2]
    day = timedelta(days=1)
    assert found(after=(now - day).isoformat()) == [1, 0] and found(before=(now - day).isoformat()) == [2]
    first = api.get(REPLIES, {"page_size": 2}).json()
    rest = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + rest["results"]] == [row.pk for row in reversed(rows)]
    for name, value in (("contact", 10**9), ("campaign", "x"), ("email", "x"), ("after", "soon")):
        refused = api.get(REPLIES, {name: value})
        assert refused.status_code == 400 and name in refused.json()["error"]["fields"], name
    assert api.post(REPLIES, {}).status_code == 405
