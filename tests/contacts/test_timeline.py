"""The timeline: every kind of fact, in order, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, CustomField, FieldChange, List, Note, SubscriptionChange, Tag, TagChange
from contacts.origin import Origin, Source, caused_by
from contacts.selectors import timeline as module
from contacts.selectors.timeline import Cursor, Entry, register_provider, timeline
from contacts.services import (
    add_notes,
    create_contact,
    set_field,
    subscribe_contacts,
    tag_contacts,
    unsubscribe_contacts,
    untag_contacts,
)

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def ann():
    return create_contact(email="ann@example.com")


def test_every_kind_of_fact_is_a_sentence_with_its_actor(ann, django_user_model):
    olga = django_user_model.objects.create_user("olga")
    size = CustomField.objects.create(key="size", label="Shoe size", type="number")
    tag, news = Tag.objects.create(name="VIP"), List.objects.create(name="News")
    with caused_by(Origin(source=Source.ADMIN, user_id=olga.pk)):
        tag_contacts(contacts=ann, tag=tag)
        untag_contacts(contacts=ann, tag=tag)
        add_notes(contacts=ann, text="Called her")
        set_field(field=size, values={ann.pk: 4})
        set_field(field="owner", values={ann.pk: olga.pk})
    with caused_by(Origin(source=Source.IMPORT, user_id=olga.pk)):
        set_field(field="first_name", values={ann.pk: "Ann"})
        set_field(field="first_name", values={ann.pk: "Anna"})
        set_field(field="first_name", values={ann.pk: ""})
    with caused_by(Origin(source=Source.CONTACT)):
        subscribe_contacts(contacts=ann, list=news)
        unsubscribe_contacts(contacts=ann, list=news, reason="too many")
    told = {entry.title: entry.actor for entry in timeline(contact=ann).entries}
    assert told == {
        "The contact was created.": "",
        "The tag “VIP” was added.": "olga",
        "The tag “VIP” was removed.": "olga",
        "A note was written.": "olga",
        "Shoe size was set to “4”.": "olga",
        "Owner was set to “olga”.": "olga",
        "First name was set to “Ann”.": "olga (import)",
        "First name was changed from “Ann” to “Anna”.": "olga (import)",
        "First name was emptied; it was “Anna”.": "olga (import)",
        "Subscribed to “News”.": "the contact",
        "Unsubscribed from “News”.": "the contact",
    }
    texts = {entry.text for entry in timeline(contact=ann).entries}
    assert texts == {"", "Called her", "too many"}


def many(contact, count):
    """Facts of all kinds, several at the very same moment."""
    tag, news = Tag.objects.create(name="VIP"), List.objects.create(name="News")
    for n in range(count):
        at = START + timedelta(minutes=n // 3)
        TagChange.objects.create(contact=contact, tag=tag, added=n % 2 == 0, at=at)
        FieldChange.objects.create(contact=contact, field="phone", old=str(n), new=str(n + 1), at=at)
        SubscriptionChange.objects.create(contact=contact, list=news, new="active", address_hash="x", at=at)
        Note.objects.create(contact=contact, text=str(n), created_at=at)


@pytest.mark.parametrize("size", [1, 2, 7, 200])
def test_pages_hold_everything_once_and_newest_first(ann, size):
    many(ann, 10)
    seen, cursor = [], ""
    while True:
        page = timeline(contact=ann, cursor=cursor, size=size)
        assert len(page.entries) <= size
        seen += page.entries
        cursor = page.next
        if not cursor:
            break
    keys = [(entry.at, entry.provider, entry.pk) for entry in seen]
    assert len(set(keys)) == len(keys) == 41
    assert keys == sorted(keys, reverse=True)


def test_statements_do_not_grow(ann):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            timeline(contact=Contact.objects.get(pk=ann.pk))
        return len(queries)

    many(ann, 2)
    few = cost()
    Tag.objects.all().delete()
    List.objects.all().delete()
    many(ann, 30)
    assert cost() == few <= 32


@pytest.mark.parametrize(
    "text", ["nonsense", "e30", "WzEsMiwzXQ", "é", Cursor(START.replace(tzinfo=None), "tags", 1).encode()]
)
def test_foreign_cursors_are_refused(ann, text):
    with pytest.raises(ValidationError, match="cursor is not valid"):
        timeline(contact=ann, cursor=text)


def test_other_apps_add_providers(ann, monkeypatch):
    monkeypatch.setattr(module, "_providers", dict(module._providers))
    register_provider("parcels", lambda contact, size, cursor: [Entry(START, 1, "sell", "Bought a cake.")])
    with pytest.raises(ValueError, match="parcels"):
        register_provider("parcels", lambda *args: [])
    assert timeline(contact=ann).entries[-1].title == "Bought a cake."
