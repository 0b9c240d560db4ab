"""/accounts/ over HTTP."""

import pytest

from contacts.models import Account, AccountContact
from contacts.services import add_to_account, create_account
from tests.factories import ContactFactory, CustomFieldFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/accounts/"


def send(api, method, url, body=None):
    return getattr(api, method)(url, body, format="json")


def test_an_account_is_made_read_changed_and_deleted(api):
    CustomFieldFactory(entity="account", key="tier", type="number")
    owner = UserFactory()
    made = send(api, "post", URL, {"name": "Acme", "employees": 5, "owner": owner.pk, "fields": {"tier": "2.50"}})
    assert made.status_code == 201
    url = f"{URL}{made.json()['id']}/"
    changed = send(api, "patch", url, {"city": "Rome", "fields": {"tier": None}})
    assert (changed.json()["city"], changed.json()["fields"], changed.json()["employees"]) == ("Rome", {}, 5)
    assert made.json()["fields"] == {"tier": "2.5"} and api.get(url).json() == changed.json()
    assert send(api, "delete", url).status_code == 204 and not Account.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "acme"}, "__all__"),
        ({"name": "B", "employees": "many"}, "employees"),
        ({"name": "B", "url": "no address"}, "url"),
        ({"name": "B", "owner": 999_999}, "owner_id"),
        ({"name": "B", "fields": {"gone": 1}}, "fields.gone"),
        ({"name": "B", "colour": "red"}, "colour"),
    ],
)
def test_bad_input_is_refused_by_field(api, body, field):
    create_account(name="Acme")
    answer = send(api, "post", URL, body)
    fields = answer.json()["error"]["fields"]
    assert answer.status_code == 400 and (field in fields or field.removesuffix("_id") in fields)
    assert Account.objects.count() == 1


def test_the_list_is_filtered(api):
    ann = ContactFactory()
    acme = create_account(name="Acme", city="Paris", industry="Bakery")
    create_account(name="Other")
    add_to_account(account=acme, contacts=[ann])
    for query in ("search=par", "name=ACME", "industry=bakery", f"contact={ann.pk}"):
        assert [row["name"] for row in api.get(f"{URL}?{query}").json()["results"]] == ["Acme"], query
    assert [row["email"] for row in api.get(f"/api/v1/contacts/?account={acme.pk}").json()["results"]] == [
        ann.email
    ]
    assert api.get(f"{URL}?colour=red").status_code == 400


def test_contacts_come_change_and_leave(api):
    acme = create_account(name="Acme")
    ann, bob = ContactFactory(email="ann@example.com"), ContactFactory()
    url = f"{URL}{acme.pk}/contacts/"
    body = {"emails": ["ANN@example.com"], "ids": [bob.pk], "job_title": "Baker"}
    assert send(api, "post", url, body).json() == {"changed": 2, "unchanged": 0}
    assert send(api, "post", url, {"ids": [bob.pk]}).json() == {"changed": 0, "unchanged": 1}
    row = send(api, "patch", url, {"contact": bob.pk, "is_primary": True, "job_title": "Chef"}).json()
    assert (row["is_primary"], row["job_title"]) == (True, "Chef")
    assert {row["contact"] for row in api.get(url).json()["results"]} == {ann.pk, bob.pk}
    assert not send(api, "patch", url, {"contact": bob.pk, "is_primary": False}).json()["is_primary"]
    assert send(api, "patch", url, {"contact": ContactFactory().pk, "job_title": "x"}).status_code == 400
    assert send(api, "post", url, {"ids": [999_999]}).status_code == 400
    assert send(api, "delete", url, {"ids": [bob.pk]}).json() == {"changed": 1, "unchanged": 0}
    assert AccountContact.objects.get().contact == ann


def test_bulk_saves_each_row_whole_or_not(api):
    create_account(name="Acme", city="Paris")
    rows = [{"name": "ACME", "city": "Rome"}, {"name": "New"}, {"name": "Bad", "employees": "x"}]
    answer = send(api, "post", f"{URL}bulk/", {"accounts": rows}).json()
    assert (answer["updated"], answer["created"], answer["errors"]) == (1, 1, 1)
    assert list(answer["results"][2]["error"]["fields"]) == ["employees"]
    assert set(Account.objects.values_list("name", "city")) == {("Acme", "Rome"), ("New", "")}


def test_notes_and_timeline(api):
    acme = create_account(name="Acme")
    assert send(api, "post", f"{URL}{acme.pk}/notes/", {"text": "Called."}).status_code == 201
    assert api.get(f"{URL}{acme.pk}/notes/").json()["results"][0]["text"] == "Called."
    assert "A note was written." in str(api.get(f"{URL}{acme.pk}/timeline/").json())
