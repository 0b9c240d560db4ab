"""Two contacts made one; one person's data handed out; one person forgotten."""

import json

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from contacts.models import (
    Contact,
    ContactFieldValue,
    CustomField,
    FieldChange,
    List,
    Note,
    Subscription,
    SubscriptionChange,
    Suppression,
    Tag,
    TagChange,
)
from contacts.services import (
    add_notes,
    create_contact,
    subscribe_contacts,
    suppress_address,
    tag_contacts,
    unsubscribe_contacts,
)
from contacts.services.merge import merge_contacts, merge_preview
from contacts.services.privacy import erase_person, export_person
from contacts.signals import contacts_merging, person_erasing, person_exporting

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    CustomField.objects.create(key="size", label="Size", type="number")
    CustomField.objects.create(key="likes", label="Likes", type="multiselect", options=["Tea", "Rum"])
    keep = create_contact(email="keep@example.com", first_name="Ann", custom={"size": "4"})
    drop = create_contact(
        email="drop@example.com", first_name="Anna", last_name="Lee", custom={"size": "5", "likes": "Tea|Rum"}
    )
    return keep, drop


@pytest.fixture
def news():
    return List.objects.create(name="News")


def put(contact, mailing_list, status):
    if status in ("active", "unconfirmed"):
        subscribe_contacts(contacts=contact, list=mailing_list, status=status)
    elif status:
        subscribe_contacts(contacts=contact, list=mailing_list)
        unsubscribe_contacts(contacts=contact, list=mailing_list, status=status)


def test_merge_fills_what_is_empty_and_keeps_the_rest(pair):
    keep, drop = pair
    assert [row["field"] for row in merge_preview(keep=keep, drop=drop)] == ["email", "first_name", "size"]
    merged = merge_contacts(keep=keep, drop=drop)
    assert (merged.email, merged.first_name, merged.last_name) == ("keep@example.com", "Ann", "Lee")
    assert merged.custom_values == {"size": 4, "likes": ["Tea", "Rum"]}
    changes = FieldChange.objects.filter(field__in=["last_name", "likes"]).values_list("contact", "new")
    assert (merged.pk, "Lee") in changes
    assert not Contact.objects.filter(pk=drop.pk).exists()
    assert not ContactFieldValue.objects.filter(contact=drop.pk).exists()


def test_merge_by_choice_takes_the_other_address_too(pair):
    keep, drop = pair
    merged = merge_contacts(keep=keep, drop=drop, choices={"email": "drop", "first_name": "drop", "size": "drop"})
    assert (merged.pk, merged.email, merged.first_name) == (keep.pk, "drop@example.com", "Anna")
    assert merged.custom_values["size"] == 5
    assert FieldChange.objects.get(field="email").old == "keep@example.com"


@pytest.mark.parametrize(
    ("mine", "theirs", "result"),
    [
        ("active", "unsubscribed", "unsubscribed"),
        ("unsubscribed", "active", "unsubscribed"),
        ("active", "bounced", "bounced"),
        ("", "unsubscribed", "unsubscribed"),
        ("", "active", "active"),
        ("active", "", "active"),
        ("unconfirmed", "active", "active"),
        ("active", "unconfirmed", "active"),
        ("", "unconfirmed", "unconfirmed"),
        ("bounced", "unsubscribed", "bounced"),
    ],
)
def test_a_refusal_of_either_wins(pair, news, mine, theirs, result):
    keep, drop = pair
    put(keep, news, mine)
    put(drop, news, theirs)
    merged = merge_contacts(keep=keep, drop=drop)
    assert Subscription.objects.get(contact=merged).status == result
    # The address that went away: refused there too, should somebody bring it back.
    again = create_contact(email="drop@example.com")
    outcome = subscribe_contacts(contacts=again, list=news)
    assert bool(outcome.refused) == (result in ("unsubscribed", "bounced"))


def test_merge_moves_tags_notes_and_history(pair, news):
    keep, drop = pair
    both, theirs = Tag.objects.create(name="both"), Tag.objects.create(name="theirs")
    tag_contacts(contacts=[keep, drop], tag=both)
    tag_contacts(contacts=drop, tag=theirs)
    add_notes(contacts=drop, text="Likes blue")
    put(drop, news, "active")
    moved = []
    contacts_merging.connect(receiver := lambda keep, drop, **_: moved.append((keep.pk, drop.pk)))
    merged = merge_contacts(keep=keep, drop=drop)
    contacts_merging.disconnect(receiver)
    assert moved == [(keep.pk, drop.pk)]
    assert {tag.name for tag in merged.tags.all()} == {"both", "theirs"}
    assert {note.text for note in merged.notes.all()} == {
        "Likes blue",
        "Merged with Anna Lee <drop@example.com>.",
    }
    # Each had "both"; "theirs" once as history and once as the change of the kept contact.
    assert sorted(TagChange.objects.values_list("contact", "tag__name")) == sorted(
        [(merged.pk, "both")] * 2 + [(merged.pk, "theirs")] * 2
    )


def test_whoever_objects_stops_the_whole_merge(pair):
    def object_to_it(**kwargs):
        raise ValidationError("not these two")

    contacts_merging.connect(object_to_it)
    try:
        with pytest.raises(ValidationError, match="not these two"):
            merge_contacts(keep=pair[0], drop=pair[1])
    finally:
        contacts_merging.disconnect(object_to_it)
    assert Contact.objects.count() == 2
    assert not Note.objects.exists()


def test_bad_merges_are_refused(pair):
    keep, drop = pair
    for kwargs, message in (
        ({"keep": keep, "drop": keep}, "itself"),
        ({"keep": keep, "drop": drop, "choices": {"shoe": "drop"}}, "no field"),
        ({"keep": keep, "drop": drop, "choices": {"size": "both"}}, "keep"),
    ):
        with pytest.raises(ValidationError, match=message):
            merge_contacts(**kwargs)
    gone = Contact(pk=drop.pk + 999, email="x@example.com")
    with pytest.raises(ValidationError, match="any more"):
        merge_contacts(keep=keep, drop=gone)


def test_export_holds_everything_and_is_json(pair, news):
    keep, _drop = pair
    tag_contacts(contacts=keep, tag=Tag.objects.create(name="VIP"))
    put(keep, news, "unsubscribed")
    add_notes(contacts=keep, text="A note")
    keep.first_name = "Annie"
    keep.save()
    suppress_address(address=keep.email, reason="manual", detail="asked by phone")
    person_exporting.connect(receiver := lambda contact, **_: {"elsewhere": [contact.pk]})
    data = export_person(contact=Contact.objects.get(pk=keep.pk))
    person_exporting.disconnect(receiver)
    assert data == json.loads(json.dumps(data))
    assert data["contact"]["email"] == "keep@example.com"
    assert data["fields"] == [{"key": "size", "label": "Size", "type": "number", "value": "4"}]
    assert (data["tags"][0]["tag"], data["subscriptions"][0]["status"]) == ("VIP", "unsubscribed")
    assert (data["notes"][0]["text"], data["elsewhere"]) == ("A note", [keep.pk])
    assert {"Annie", "VIP"} <= {value for entry in data["history"] for value in entry.values()}
    assert data["suppression"]["detail"] == "asked by phone"


def test_erasing_leaves_nothing_that_names_the_person(pair, news, django_user_model):
    keep, other = pair
    user = django_user_model.objects.create_user("olga")
    promo = List.objects.create(name="Promo")
    put(keep, news, "unsubscribed")
    put(keep, promo, "active")
    tag_contacts(contacts=[keep, other], tag=Tag.objects.create(name="VIP"))
    suppress_address(address=keep.email, reason="complained", detail="keep@example.com complained")
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(Contact), object_id=str(keep.pk),
        object_repr="Ann", action_flag=CHANGE,
    )  # fmt: skip
    asked = []
    person_erasing.connect(receiver := lambda contact, **_: asked.append(contact.email))
    erase_person(contact=keep)
    person_erasing.disconnect(receiver)
    assert asked == ["keep@example.com"]
    assert not Contact.objects.filter(email="keep@example.com").exists()
    assert not LogEntry.objects.exists()
    suppression = Suppression.objects.get()
    assert (suppression.address, suppression.detail, len(suppression.address_hash)) == ("", "", 64)
    left = SubscriptionChange.objects.get(list=news)
    assert (left.contact, left.new, left.reason, left.user_id) == (None, "unsubscribed", "", None)
    again = create_contact(email="KEEP@example.com")
    assert subscribe_contacts(contacts=again, list=news).refused == [again.pk]
    assert Contact.objects.filter(pk=other.pk).exists()
    # The address can be suppressed again without a clash.
    suppress_address(address="keep@example.com", reason="manual")
    assert Suppression.objects.count() == 1
    with pytest.raises(ValidationError, match="any more"):
        erase_person(contact=Contact(pk=keep.pk, email="keep@example.com"))


def test_nothing_is_erased_by_halves(pair, news):
    def fails(**kwargs):
        raise IntegrityError("in the way")

    put(pair[0], news, "unsubscribed")
    person_erasing.connect(fails)
    try:
        with pytest.raises(IntegrityError):
            erase_person(contact=pair[0])
    finally:
        person_erasing.disconnect(fails)
    assert Contact.objects.count() == 2
    assert SubscriptionChange.objects.filter(contact=pair[0]).count() == 2
