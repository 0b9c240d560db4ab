"""Bulk services cost the same number of statements for 10 and for 1,000 contacts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, ContactTag, Tag, TagChange
from contacts.selectors.fields import values_of
from contacts.services import (
    ContactDraft,
    add_notes,
    delete_unused,
    get_or_create_tags,
    save_contacts,
    set_field,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
)
from tests.factories import CustomFieldFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db


def drafts(size, version=""):
    return [
        ContactDraft(f"c{n}@example.com", {"first_name": f"Name {n}{version}"}, {"size": n + len(version)})
        for n in range(size)
    ]


def import_again(ids, records):
    save_contacts(drafts=drafts(len(ids), version="b"))


def resubscribe(ids, records):
    unsubscribe_contacts(contacts=ids, list=records["list"])
    subscribe_contacts(contacts=ids, list=records["list"])
    subscribe_contacts(contacts=ids, list=records["list"], resubscribe=True)


def change_tags(ids, records):
    tag_contacts(contacts=ids, tag=records["tag"])
    tag_contacts(contacts=Contact.objects.all(), tag=records["tag"])
    untag_contacts(contacts=ids, tag=records["tag"])


SERVICES = {
    "tags": change_tags,
    "subscribe": lambda ids, records: subscribe_contacts(contacts=ids, list=records["list"]),
    "refusals": resubscribe,
    "standard field": lambda ids, records: set_field(field="phone", values={pk: str(pk) for pk in ids}),
    "addresses": lambda ids, records: set_field(field="email", values={pk: f"new{pk}@example.com" for pk in ids}),
    "custom field": lambda ids, records: set_field(
        field=records["colours"], values={pk: ["Red", "Blue"] for pk in ids}
    ),
    "clear custom field": lambda ids, records: set_field(field=records["size"], values=dict.fromkeys(ids)),
    "notes": lambda ids, records: add_notes(contacts=ids, text="Called"),
    "import again": import_again,
    "read values": lambda ids, records: values_of(ids),
    "make tags": lambda ids, records: get_or_create_tags(names=[f"tag {pk}" for pk in ids]),
}


def statements(run, size):
    """How many statements `run` needs for `size` contacts that all have something to change."""
    Contact.objects.all().delete()
    ids = save_contacts(drafts=drafts(size)).created
    records = {"tag": TagFactory(), "list": ListFactory(), "colours": CustomFieldFactory(type="multiselect")}
    records["size"] = records["colours"].__class__.objects.get(key="size")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        run(ids, records)
    return len(captured)


@pytest.mark.parametrize("run", SERVICES.values(), ids=SERVICES)
def test_the_cost_does_not_grow_with_the_contacts(run):
    CustomFieldFactory(key="size", type="number")
    few, many = statements(run, 10), statements(run, 1_000)
    assert many == few
    assert few > 0


def test_creating_does_not_grow_either():
    CustomFieldFactory(key="size", type="number")
    with CaptureQueriesContext(connection) as few:
        save_contacts(drafts=drafts(10))
    Contact.objects.all().delete()
    with CaptureQueriesContext(connection) as many:
        save_contacts(drafts=drafts(1_000))
    assert len(many) == len(few)
    assert Contact.objects.count() == 1_000


@pytest.mark.parametrize("way", ["record", "queryset", "service", "admin"])
def test_a_tag_is_deleted_without_loading_whom_it_is_on(way, client, admin_user):
    client.force_login(admin_user)
    other = Tag.objects.create(name="Other")

    def delete(count):
        tag = Tag.objects.create(name=f"T{count}")
        people = [Contact.objects.create(email=f"{way}{count}-{n}@example.com").pk for n in range(count)]
        tag_contacts(contacts=people, tag=tag)
        tag_contacts(contacts=people, tag=other)
        ways = {
            "record": tag.delete,
            "queryset": Tag.objects.filter(pk=tag.pk).delete,
            "service": lambda: delete_unused(record=tag),
            "admin": lambda: client.post(f"/admin/contacts/tag/{tag.pk}/delete/", {"post": "yes"}),
        }
        with CaptureQueriesContext(connection) as queries:
            ways[way]()
        loaded = [query["sql"] for query in queries if query["sql"].startswith('SELECT "contacts_contacttag"')]
        assert loaded == [] and not Tag.objects.filter(pk=tag.pk).exists()
        assert not ContactTag.objects.filter(tag_id=tag.pk).exists()
        assert not TagChange.objects.filter(tag_id=tag.pk).exists()
        assert other.contact_tags.filter(contact__in=people).count() == count
        return len(queries)

    delete(1)  # what is remembered by the first request
    assert delete(2) == delete(200)


def test_a_tag_taken_off_by_deleting_its_row_still_leaves_a_fact():
    tag, contact = Tag.objects.create(name="VIP"), Contact.objects.create(email="ann@example.com")
    tag_contacts(contacts=contact, tag=tag)
    ContactTag.objects.all().delete()
    assert list(TagChange.objects.order_by("pk").values_list("added", flat=True)) == [True, False]
