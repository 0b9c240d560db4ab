"""POST /contacts/bulk/ and the bulk endpoints of tags and lists."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, CustomField, FieldChange, List, Subscription, Tag, TagChange
from contacts.services import create_contact, subscribe_contacts, unsubscribe_contacts
from contacts.signals import facts_recorded

from .conftest import client_of, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts/bulk/"


@pytest.fixture
def news():
    CustomField.objects.create(key="age", label="Age", type="number")
    return List.objects.create(name="News")


def test_rows_are_created_updated_and_refused_each_for_itself(api, manager, news):
    known = create_contact(email="known@example.com", first_name="Old")
    same = create_contact(email="same@example.com", first_name="Same")
    left = create_contact(email="left@example.com")
    subscribe_contacts(contacts=left, list=news)
    unsubscribe_contacts(contacts=left, list=news)
    rows = [
        {"email": "NEW@example.com", "first_name": "New", "owner": manager.pk, "fields": {"age": 3},
         "tags": ["VIP"], "lists": [news.pk]},
        {"email": "known@example.com", "first_name": "Changed", "tags": ["vip", "Other"]},
        {"email": "same@example.com", "first_name": "Same"},
        {"email": "left@example.com", "lists": [news.pk]},
        {"email": "bad", "tags": ["Never made"]},
        {"email": "also-bad@example.com", "fields": {"age": "x", "nope": 1}, "lists": [999_999],
         "surname": "x", "tags": [""]},
        {"email": "new@example.com"},
        {"first_name": "Nobody"},
        {"email": "owned@example.com", "owner": 999_999},
    ]  # fmt: skip
    response = api.post(URL, {"contacts": rows})
    assert response.status_code == 200, response.content
    answer = response.json()
    results = answer.pop("results")
    assert answer == {"created": 1, "updated": 1, "unchanged": 2, "errors": 5}
    assert [row["status"] for row in results] == [
        "created", "updated", "unchanged", "unchanged", "error", "error", "error", "error", "error"
    ]  # fmt: skip
    assert results[1]["id"] == known.pk
    assert results[2]["id"] == same.pk
    assert results[3]["refused_lists"] == [news.pk]
    assert set(results[4]["error"]["fields"]) == {"email"}
    assert set(results[5]["error"]["fields"]) == {
        "fields.age", "fields.nope", "lists", "surname", "tags"
    }  # fmt: skip
    assert results[6]["error"]["fields"]["email"][0]["code"] == "duplicate"
    assert results[7]["error"]["fields"]["email"][0]["code"] == "required"

    assert "999999" in results[8]["error"]["fields"]["owner"][0]["message"]

    new = Contact.objects.get(email="new@example.com")
    assert (new.first_name, new.owner_id, new.custom_values) == ("New", manager.pk, {"age": 3})
    assert not Contact.objects.filter(email="also-bad@example.com").exists()
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["Other", "VIP"]
    assert Subscription.objects.get(contact=new).status == "active"
    assert Subscription.objects.get(contact=left).status == "unsubscribed"
    assert set(TagChange.objects.values_list("source", "user_id")) == {("api", manager.pk)}
    assert FieldChange.objects.get(contact=known).new == "Changed"


def test_bulk_raises_batches_of_facts(api, news):
    batches = []

    def keep(batch, **kwargs):
        batches.append((type(batch).__name__, len(getattr(batch, "contact_ids", None) or ())))

    facts_recorded.connect(keep)
    try:
        rows = [{"email": f"c{n}@example.com", "tags": ["VIP"]} for n in range(100)]
        api.post(URL, {"contacts": rows})
    finally:
        facts_recorded.disconnect(keep)
    assert batches == [("ContactsCreated", 100), ("TagChanged", 100)]


def test_known_contacts_can_be_left_alone(api, news):
    create_contact(email="known@example.com", first_name="Old")
    rows = [{"email": "known@example.com", "first_name": "x", "fields": {"age": 1}, "tags": ["VIP"]}]
    answer = api.post(URL, {"contacts": rows, "update_existing": False}).json()
    assert answer["unchanged"] == 1
    contact = Contact.objects.get()
    assert (contact.first_name, contact.custom_values, contact.tags.count()) == ("Old", {}, 0)


def test_resubscribe(api, news):
    contact = create_contact(email="left@example.com")
    subscribe_contacts(contacts=contact, list=news)
    unsubscribe_contacts(contacts=contact, list=news)
    rows = [{"email": "left@example.com", "lists": [news.pk]}]
    answer = api.post(URL, {"contacts": rows, "resubscribe": True}).json()
    assert (answer["updated"], answer["results"][0]["refused_lists"]) == (1, [])
    assert Subscription.objects.get().status == "active"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "contacts"),
        ({"contacts": []}, "contacts"),
        ({"contacts": {}}, "contacts"),
        ({"contacts": ["a@example.com"]}, "contacts.0"),
        ({"contacts": [{"email": f"c{n}@example.com"} for n in range(1_001)]}, "contacts"),
        ({"contacts": [{"email": "a@example.com"}], "dry_run": True}, "dry_run"),
        ({"contacts": [{"email": f"c{n}@example.com", "tags": [f"t{n}"]} for n in range(101)]}, "tags"),
    ],
)
def test_bad_requests_change_nothing(api, data, field):
    response = api.post(URL, data)
    assert response.status_code == 400
    assert set(response.json()["error"]["fields"]) == {field}
    assert not Contact.objects.exists()
    assert not Tag.objects.exists()


def test_bulk_does_not_make_tags_without_permission(db):
    client = client_of(make_user("no-tags", "view", "change"))
    user = client.handler._force_user
    user.user_permissions.add(Permission.objects.get(codename="add_contact"))
    response = client.post(URL, {"contacts": [{"email": "a@example.com", "tags": ["New"]}]})
    assert response.status_code == 403
    assert not Contact.objects.exists()


def test_statements_do_not_grow_with_rows(api, news):
    def cost(count: int, prefix: str) -> int:
        rows = [
            {"email": f"{prefix}{n}@example.com", "first_name": "x", "fields": {"age": n}, "tags": ["VIP"],
             "lists": [news.pk]}
            for n in range(count)
        ]  # fmt: skip
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api.post(URL, {"contacts": rows}).json()["created"] == count
        # The trigger index asks for its version once an event, and at most once a second on small ones.
        return sum("automations_indexversion" not in query["sql"] for query in queries.captured_queries)

    # Two, because a single change may spare itself the question whether any trigger is new.
    cost(2, "warm")
    assert cost(2, "a") == cost(1_000, "b")


@pytest.mark.parametrize("by", ["ids", "emails"])
def test_tag_and_untag_many(api, by):
    tag = Tag.objects.create(name="VIP")
    contacts = [create_contact(email=f"c{n}@example.com") for n in range(3)]
    url = f"/api/v1/tags/{tag.pk}/contacts/"
    named = {"ids": [c.pk for c in contacts], "emails": [c.email.upper() for c in contacts]}[by]
    assert api.post(url, {by: named[:2]}).json() == {"changed": 2, "unchanged": 0}
    assert api.post(url, {by: named}).json() == {"changed": 1, "unchanged": 2}
    assert api.delete(url, {by: named[:1]}).json() == {"changed": 1, "unchanged": 0}
    assert TagChange.objects.count() == 4


def test_subscribe_and_unsubscribe_many(api, news):
    contacts = [create_contact(email=f"c{n}@example.com") for n in range(3)]
    ids = [contact.pk for contact in contacts]
    url = f"/api/v1/lists/{news.pk}/contacts/"
    assert api.post(url, {"ids": ids}).json() == {"changed": 3, "unchanged": 0, "refused": []}
    assert api.delete(url, {"ids": ids[:1], "reason": "x"}).json() == {"changed": 1, "unchanged": 0}
    assert api.post(url, {"ids": ids}).json() == {"changed": 0, "unchanged": 2, "refused": ids[:1]}
    answer = api.post(url, {"ids": ids, "resubscribe": True})
    assert answer.json() == {"changed": 1, "unchanged": 2, "refused": []}


@pytest.mark.parametrize("prefix", ["tags", "lists"])
@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize(
    ("data", "field", "named"),
    [
        ({}, "__all__", "1 to 10000"),
        ({"ids": list(range(1, 10_002))}, "ids", "10000"),
        ({"ids": [1] * 6_000, "emails": ["a@example.com"] * 6_000}, "__all__", "12000"),
        ({"ids": [999_999]}, "ids", "999999"),
        ({"emails": ["nobody@example.com"]}, "emails", "nobody@example.com"),
        ({"ids": ["x"]}, "ids.0", ""),
        ({"ids": [10**30]}, "ids.0", ""),
        ({"id": [1]}, "id", ""),
    ],
)
def test_bad_members_are_named_and_nobody_is_changed(api, prefix, method, data, field, named):
    model = {"tags": Tag, "lists": List}[prefix]
    record = model.objects.create(name="x")
    contact = create_contact(email="a@example.com")
    if data.get("ids") == [999_999]:
        data = {"ids": [contact.pk, 999_999]}
    response = getattr(api, method)(f"/api/v1/{prefix}/{record.pk}/contacts/", data)
    assert response.status_code == 400
    assert named in response.json()["error"]["fields"][field][0]["message"]
    assert not contact.tags.exists()
    assert not contact.lists.exists()


def test_ten_thousand_are_tagged_at_once(api):
    tag = Tag.objects.create(name="VIP")
    for start in range(0, 10_000, 1_000):
        api.post(URL, {"contacts": [{"email": f"c{start + n}@example.com"} for n in range(1_000)]})
    emails = [f"c{n}@example.com" for n in range(10_000)]
    response = api.post(f"/api/v1/tags/{tag.pk}/contacts/", {"emails": emails})
    assert response.json() == {"changed": 10_000, "unchanged": 0}
