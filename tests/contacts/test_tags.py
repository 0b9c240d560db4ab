"""Putting tags on and taking them off, one way or the other: each leaves its fact once."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contacts.facts import TagChanged
from contacts.models import Contact, ContactTag, Tag, TagChange
from contacts.origin import Origin, caused_by
from contacts.services import get_or_create_tags, tag_contacts, untag_contacts
from tests.contacts.facts import announced, tag_changes
from tests.factories import ContactFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_tagging_returns_and_announces_only_those_who_did_not_have_it():
    had, new, tag = ContactFactory(), ContactFactory(), TagFactory()
    tag_contacts(contacts=had, tag=tag)
    with announced() as batches:
        assert tag_contacts(contacts=[new, had, new], tag=tag) == [new.pk]
    assert batches == [TagChanged(tag_id=tag.pk, added=True, contact_ids=[new.pk])]
    assert (tag_changes(had), tag_changes(new)) == ([(tag.pk, True)], [(tag.pk, True)])


def test_untagging_returns_and_announces_only_those_who_had_it():
    had, without, tag, other = ContactFactory(), ContactFactory(), TagFactory(), TagFactory()
    tag_contacts(contacts=had, tag=tag)
    tag_contacts(contacts=[had, without], tag=other)
    with announced() as batches:
        assert untag_contacts(contacts=[had, without], tag=tag) == [had.pk]
        assert untag_contacts(contacts=[had, without], tag=tag) == []
    assert batches == [TagChanged(tag_id=tag.pk, added=False, contact_ids=[had.pk])]
    assert set(had.tags.all()) == set(without.tags.all()) == {other}


@pytest.mark.parametrize(
    "give",
    [
        lambda contacts: Contact.objects.all(),
        lambda contacts: contacts,
        lambda contacts: [contact.pk for contact in contacts],
        lambda contacts: iter(contacts),
    ],
)
def test_contacts_are_given_as_queryset_records_or_ids(give):
    contacts, tag = [ContactFactory(), ContactFactory()], TagFactory()
    assert tag_contacts(contacts=give(contacts), tag=tag.pk) == [contact.pk for contact in contacts]


def test_no_contacts_is_nothing_to_do():
    with announced() as batches:
        assert tag_contacts(contacts=[], tag=TagFactory()) == []
        assert untag_contacts(contacts=Contact.objects.none(), tag=TagFactory()) == []
    assert batches == []


def test_single_saves_and_deletes_leave_the_same_facts():
    contact, tag = ContactFactory(), TagFactory()
    row = ContactTag(contact=contact, tag=tag)
    row.save()
    row.save()
    row.delete()
    assert tag_changes(contact) == [(tag.pk, True), (tag.pk, False)]
    tag_contacts(contacts=contact, tag=tag)
    ContactTag.objects.filter(contact=contact).delete()
    assert tag_changes(contact)[2:] == [(tag.pk, True), (tag.pk, False)]


def test_deleting_a_tag_does_not_take_it_off_one_by_one():
    tag, contact = TagFactory(), ContactFactory()
    tag_contacts(contacts=contact, tag=tag)
    tag.delete()
    assert not TagChange.objects.exists() and not ContactTag.objects.exists()


def test_a_second_row_for_the_same_tag_is_refused_and_leaves_no_fact():
    contact, tag = ContactFactory(), TagFactory()
    tag_contacts(contacts=contact, tag=tag)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactTag(contact=contact, tag=tag).save()
    assert tag_changes(contact) == [(tag.pk, True)]


def test_facts_name_their_source():
    user = UserFactory()
    with caused_by(Origin(source="import", user_id=user.pk)):
        tag_contacts(contacts=ContactFactory(), tag=TagFactory())
    change = TagChange.objects.get()
    assert (change.source, change.user_id) == ("import", user.pk)


def test_get_or_create_tags_compares_without_case_in_any_script():
    vip, summer = TagFactory(name="VIP"), TagFactory(name="Été")
    found = get_or_create_tags(names=[" vip", "ÉTÉ", "New", "new ", "", "  "])
    new = Tag.objects.get(name__iexact="new")
    assert found == {"vip": vip, "ÉTÉ": summer, "New": new, "new": new}
    assert Tag.objects.count() == 3


@pytest.mark.parametrize(("name", "named"), [("x" * 101, "100 characters"), ("nul\x00", "character")])
def test_a_bad_tag_name_is_refused_before_anything_is_made(name, named):
    with pytest.raises(ValidationError, match=named):
        get_or_create_tags(names=["fine", name])
    assert not Tag.objects.exists()


@pytest.mark.parametrize("name", ["vip", "VIP"])
def test_names_are_unique_without_case(name):
    TagFactory(name="Vip")
    with pytest.raises(ValidationError, match="exists already"):
        Tag(name=name).full_clean()
