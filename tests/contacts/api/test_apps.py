"""/app-connections/, /app-sources/ and /app-deliveries/."""

import pytest

from contacts.models import AppDelivery
from tests.contacts.test_apps import send
from tests.factories import ListFactory
from tests.peers.apps import SECRET, about, connect

pytestmark = pytest.mark.django_db


def test_the_api_never_tells_secrets(api):
    made = api.post(
        "/api/v1/app-connections/", {"app": "unbounce", "name": "U", "secret": SECRET, "lists": [ListFactory().pk]}
    )
    assert made.status_code == 201, made.content
    shown = made.json()
    assert shown["address"].endswith("/SECRET/") and not shown["has_token"]
    url = f"/api/v1/app-connections/{shown['id']}/"
    changed = api.patch(url, {"secret": SECRET + "2", "token": "tok_123", "lists": []})
    assert changed.status_code == 200 and changed.json()["has_token"] and changed.json()["lists"] == []
    for answer in (made, changed, api.get(url), api.get("/api/v1/app-connections/")):
        assert SECRET not in answer.content.decode() and "tok_123" not in answer.content.decode()
    for body, field in (
        ({"app": "unbounce", "name": "V"}, "secret"),
        ({"app": "hubspot", "name": "V", "secret": SECRET}, "app"),
        ({"app": "unbounce", "name": "V", "secret": "x"}, "secret"),
        ({"app": "unbounce", "name": "V", "secret": SECRET, "public_id": "x"}, "public_id"),
    ):
        refused = api.post("/api/v1/app-connections/", body)
        assert refused.status_code == 400 and field in refused.json()["error"]["fields"], body
    moved = api.patch(url, {"app": "typeform"})
    assert moved.status_code == 400 and "app" in moved.json()["error"]["fields"]


def test_sources_and_deliveries_over_the_api(api):
    connection = connect("typeform")
    made = api.post("/api/v1/app-sources/", {"connection": connection.pk, "external_id": "f", "name": "F"})
    assert made.status_code == 201
    url = f"/api/v1/app-sources/{made.json()['id']}/"
    assert api.patch(url, {"name": "G"}).json()["name"] == "G"
    assert "external_id" in api.patch(url, {"external_id": "g"}).json()["error"]["fields"]
    assert (
        api.post(
            "/api/v1/app-sources/", {"connection": connection.pk, "external_id": "f", "name": "F"}
        ).status_code
        == 400
    )
    assert api.delete(url).status_code == 204
    send(connection, about("typeform", "nobody", 1))
    (row,) = api.get("/api/v1/app-deliveries/", {"connection": connection.pk, "outcome": "failed"}).json()[
        "results"
    ]
    assert row["replayable"] and "body" not in row
    assert api.post(f"/api/v1/app-deliveries/{row['id']}/replay/", {}).json() == {"outcome": "failed"}
    send(connection, about("typeform", "a@example.com", 2))
    good = AppDelivery.objects.get(outcome="received")
    assert api.post(f"/api/v1/app-deliveries/{good.pk}/replay/", {}).status_code == 400
    assert api.post(f"/api/v1/app-connections/{connection.pk}/refresh/", {}).status_code == 400
