"""Contacts over HTTP: what is written, what is shown, and the facts left behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import (
    Contact,
    CustomField,
    FieldChange,
    List,
    Note,
    Subscription,
    SubscriptionChange,
    Tag,
    TagChange,
)
from contacts.services import create_contact, subscribe_contacts, tag_contacts, unsubscribe_contacts

from .conftest import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields():
    for key, kind, options in [
        ("age", "number", []),
        ("born", "date", []),
        ("seen", "datetime", []),
        ("likes", "multiselect", ["tea", "coffee", "water"]),
        ("price", "money", []),
        ("news", "checkbox", []),
        ("about", "textarea", []),
    ]:
        CustomField.objects.create(key=key, label=key, type=kind, options=options)


def test_create_shows_everything_and_leaves_facts(api, manager, fields):
    values = {
        "age": 37.5,
        "born": "1815-12-10",
        "seen": "2026-03-31T14:30:00Z",
        "likes": ["water", "tea"],
        "price": {"amount": "12.50", "currency": "eur"},
        "news": True,
        "about": "Line one\nline two",
    }
    response = api.post(
        "/api/v1/contacts/",
        {"email": " Ada@Example.com", "first_name": "Ada", "owner": manager.pk, "fields": values},
    )
    assert response.status_code == 201, response.content
    shown = response.json()
    assert shown["email"] == "ada@example.com"
    assert shown["owner"] == manager.pk
    assert shown["fields"] == {
        "age": "37.5",
        "born": "1815-12-10",
        "seen": "2026-03-31T14:30:00Z",
        "likes": ["tea", "water"],
        "price": {"amount": "12.5", "currency": "EUR"},
        "news": True,
        "about": "Line one\nline two",
    }
    assert api.get(f"/api/v1/contacts/{shown['id']}/").json() == shown
    change = FieldChange.objects.get(field="likes")
    assert (change.old, change.new, change.source, change.user_id) == ("", "tea\nwater", "api", manager.pk)


def test_what_is_read_can_be_written_back(api, fields):
    pk = api.post(
        "/api/v1/contacts/",
        {"email": "a@example.com", "fields": {"price": "3 USD", "likes": "tea", "age": "1e3", "news": 0}},
    ).json()["id"]
    before = FieldChange.objects.count()
    shown = api.get(f"/api/v1/contacts/{pk}/").json()
    response = api.patch(f"/api/v1/contacts/{pk}/", {"fields": shown["fields"]})
    assert response.json()["fields"] == shown["fields"]
    assert FieldChange.objects.count() == before


def test_patch_changes_only_what_is_named(api, fields):
    contact = create_contact(email="a@example.com", first_name="Ada", custom={"age": 30, "likes": ["tea"]})
    url = f"/api/v1/contacts/{contact.pk}/"
    response = api.patch(url, {"last_name": "Byron", "fields": {"age": 31, "likes": None}})
    assert response.status_code == 200, response.content
    shown = response.json()
    assert (shown["first_name"], shown["last_name"]) == ("Ada", "Byron")
    assert shown["fields"] == {"age": "31"}
    changes = FieldChange.objects.filter(source="api").values_list("field", "old", "new")
    assert sorted(changes) == [("age", "30", "31"), ("last_name", "", "Byron"), ("likes", "tea", "")]
    assert Contact.objects.get().updated_at > contact.updated_at


def test_patch_with_one_bad_value_writes_nothing(api, fields):
    contact = create_contact(email="a@example.com", first_name="Ada")
    response = api.patch(
        f"/api/v1/contacts/{contact.pk}/", {"first_name": "Eve", "fields": {"age": 1, "born": "x"}}
    )
    assert response.status_code == 400
    shown = api.get(f"/api/v1/contacts/{contact.pk}/").json()
    assert (shown["first_name"], shown["fields"]) == ("Ada", {})


def test_patch_to_a_taken_address(api):
    create_contact(email="b@example.com")
    contact = create_contact(email="a@example.com")
    response = api.patch(f"/api/v1/contacts/{contact.pk}/", {"email": "B@example.com"})
    assert response.status_code == 400
    assert response.json()["error"]["fields"]["email"][0]["code"] == "unique"
    assert (
        api.patch(f"/api/v1/contacts/{contact.pk}/", {"email": "C@example.com"}).json()["email"] == "c@example.com"
    )


def test_delete(api):
    contact = create_contact(email="a@example.com")
    assert api.delete(f"/api/v1/contacts/{contact.pk}/").status_code == 204
    assert api.get(f"/api/v1/contacts/{contact.pk}/").status_code == 404


def test_tags_on_and_off(api):
    contact = create_contact(email="a@example.com")
    tag_contacts(contacts=contact, tag=Tag.objects.create(name="Lead"))
    url = f"/api/v1/contacts/{contact.pk}/tags/"
    response = api.post(url, {"add": ["VIP", "vip", "New one"], "remove": ["lead"]})
    assert response.status_code == 200, response.content
    assert [tag["name"] for tag in response.json()["tags"]] == ["New one", "VIP"]
    facts = TagChange.objects.filter(source="api").values_list("tag__name", "added")
    assert sorted(facts) == [("Lead", False), ("New one", True), ("VIP", True)]
    assert api.post(url, {"add": ["VIP"]}).status_code == 200
    assert TagChange.objects.filter(source="api").count() == 3


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"remove": ["No such"]}, "remove"),
        ({"add": ["x"], "remove": ["X"]}, "remove"),
        ({"add": ["x" * 101]}, "add.0"),
        ({"add": "VIP"}, "add"),
        ({"add": [f"t{n}" for n in range(51)]}, "add"),
        ({"tags": ["VIP"]}, "tags"),
    ],
)
def test_bad_tags_change_nothing(api, data, field):
    contact = create_contact(email="a@example.com")
    response = api.post(f"/api/v1/contacts/{contact.pk}/tags/", data)
    assert response.status_code == 400
    assert set(response.json()["error"]["fields"]) == {field}
    assert not Tag.objects.exists()


def test_new_tags_need_the_permission_to_add_tags(db):
    contact = create_contact(email="a@example.com")
    Tag.objects.create(name="Known")
    client = client_of(make_user("changer", "view", "change"))
    url = f"/api/v1/contacts/{contact.pk}/tags/"
    assert client.post(url, {"add": ["known"]}).status_code == 200
    response = client.post(url, {"add": ["known", "New"]})
    assert response.status_code == 403
    assert "New" in response.json()["error"]["message"]
    assert Tag.objects.count() == 1


def test_subscribe_refused_and_resubscribe(api):
    contact = create_contact(email="a@example.com")
    news, offers = List.objects.create(name="News"), List.objects.create(name="Offers")
    url = f"/api/v1/contacts/{contact.pk}/lists/"
    shown = api.post(url, {"subscribe": [news.pk]}).json()
    assert [(item["name"], item["status"]) for item in shown["lists"]] == [("News", "active")]
    api.post(url, {"unsubscribe": [news.pk], "reason": "asked by phone"})
    assert SubscriptionChange.objects.latest("pk").reason == "asked by phone"

    response = api.post(url, {"subscribe": [offers.pk, news.pk]})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "refused"
    assert "“News”" in response.json()["error"]["message"]
    assert not Subscription.objects.filter(list=offers).exists()

    shown = api.post(url, {"subscribe": [offers.pk, news.pk], "resubscribe": True}).json()
    assert {item["name"]: item["status"] for item in shown["lists"]} == {"News": "active", "Offers": "active"}
    assert SubscriptionChange.objects.filter(source="api").count() == 4


@pytest.mark.parametrize(
    ("data", "field", "named"),
    [
        ({"subscribe": [999_999]}, "subscribe", "999999"),
        ({"unsubscribe": [888_888, 999_999]}, "unsubscribe", "888888, 999999"),
        ({"subscribe": ["x"]}, "subscribe.0", ""),
        ({"subscribe": [10**30]}, "subscribe.0", ""),
        ({"subscribe": [1], "unsubscribe": [1]}, "unsubscribe", "1"),
    ],
)
def test_bad_lists_are_named(api, data, field, named):
    contact = create_contact(email="a@example.com")
    response = api.post(f"/api/v1/contacts/{contact.pk}/lists/", data)
    assert response.status_code == 400
    assert named in response.json()["error"]["fields"][field][0]["message"]


def test_notes(api, manager):
    contact, other = create_contact(email="a@example.com"), create_contact(email="b@example.com")
    Note.objects.create(contact=other, text="elsewhere")
    url = f"/api/v1/contacts/{contact.pk}/notes/"
    assert api.get(url).json()["results"] == []
    note = api.post(url, {"text": "Called"}).json()
    assert (note["contact"], note["text"], note["author"]) == (contact.pk, "Called", manager.pk)
    assert api.get(url).json()["results"] == [note]
    assert api.post(url, {"text": "x" * 10_001}).status_code == 400
    changed = api.patch(f"/api/v1/notes/{note['id']}/", {"text": "Called twice"})
    assert changed.json()["text"] == "Called twice"
    assert api.patch(f"/api/v1/notes/{note['id']}/", {"contact": other.pk}).status_code == 400
    assert len(api.get("/api/v1/notes/", {"contact": contact.pk}).json()["results"]) == 1


@pytest.fixture
def crowd(manager):
    ada = create_contact(email="ada@example.com", first_name="Ada", last_name="Byron", owner=manager.pk)
    bob = create_contact(email="bob@example.com", first_name="Bob", phone="+33 1 23 45 67 89")
    eve = create_contact(email="eve@elsewhere.org", last_name="Adams")
    Contact.objects.filter(pk=eve.pk).update(created_at=timezone.now() - timedelta(days=10))
    tag = Tag.objects.create(name="VIP")
    tag_contacts(contacts=[ada, bob], tag=tag)
    news, offers = List.objects.create(name="News"), List.objects.create(name="Offers")
    subscribe_contacts(contacts=[ada, bob], list=news)
    unsubscribe_contacts(contacts=[bob], list=news)
    subscribe_contacts(contacts=[bob], list=offers)
    return {"owner": manager.pk, "tag": tag.pk, "news": news.pk, "offers": offers.pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "eve bob ada"),
        ("email=ADA@example.com", "ada"),
        ("email=ada", ""),
        ("tag={tag}", "bob ada"),
        ("list={news}", "bob ada"),
        ("list={news}&status=active", "ada"),
        ("list={news}&status=unsubscribed", "bob"),
        ("list={offers}&status=unsubscribed", ""),
        ("status=active", "bob ada"),
        ("status=bounced", ""),
        ("owner={owner}", "ada"),
        ("created_from={week_ago}", "bob ada"),
        ("created_to={week_ago}", "eve"),
        ("updated_from={week_ago}", "eve bob ada"),
        ("updated_to={week_ago}", ""),
        ("search=ada", "eve ada"),
        ("search=ADA byron", "ada"),
        ("search=byron bob", ""),
        ("search=%2B331", "bob"),
        ("search=100%25", ""),
        ("tag={tag}&owner={owner}", "ada"),
    ],
)
def test_filters(api, crowd, query, found):
    week_ago = (timezone.now() - timedelta(days=7)).isoformat().replace("+", "%2B")
    response = api.get("/api/v1/contacts/?" + query.format(**crowd, week_ago=week_ago))
    assert response.status_code == 200, response.content
    assert " ".join(row["email"].split("@")[0] for row in response.json()["results"]) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("tags=1", "tags"),
        ("emial=a@example.com", "emial"),
        ("tag=999999", "tag"),
        ("tag=x", "tag"),
        ("list=999999", "list"),
        ("list=99999999999999999999999", "list"),
        ("owner=999999", "owner"),
        ("status=happy", "status"),
        ("created_from=yesterday", "created_from"),
        ("search=" + "x" * 101, "search"),
        ("search=%00", "search"),
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("page_size=x", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=cD1hYmM=", "cursor"),
    ],
)
def test_bad_filters_are_named(api, query, field):
    response = api.get(f"/api/v1/contacts/?{query}")
    assert response.status_code == 400, response.content
    assert set(response.json()["error"]["fields"]) == {field}
    if "999999" in query:
        assert "999999" in response.json()["error"]["message"] or field in response.json()["error"]["fields"]


def test_pages_show_each_contact_once_though_some_are_added(api):
    for n in range(25):
        create_contact(email=f"c{n:02}@example.com")
    seen: list[str] = []
    url = "/api/v1/contacts/?page_size=10"
    while url:
        page = api.get(url).json()
        seen += [row["email"] for row in page["results"]]
        create_contact(email=f"late{len(seen)}@example.com")
        url = page["next"]
    assert seen == [f"c{n:02}@example.com" for n in reversed(range(25))]
    assert page["previous"]
    back = api.get(page["previous"]).json()["results"]
    assert [row["email"] for row in back] == seen[10:20]
