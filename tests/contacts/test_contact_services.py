"""Creating, updating and deleting contacts through the services."""

import pytest
from django.core.exceptions import ValidationError

from contacts.facts import ContactsCreated, FieldChanged, TagChanged
from contacts.models import Contact, ContactFieldValue, FieldChange, Note, Suppression, TagChange
from contacts.selectors.fields import values_of
from contacts.services import (
    ContactDraft,
    add_notes,
    create_contact,
    delete_contacts,
    save_contacts,
    subscribe_contacts,
    suppress_address,
    tag_contacts,
)
from tests.contacts.facts import announced, field_changes, subscription_changes, tag_changes
from tests.factories import ContactFactory, CustomFieldFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db


def test_create_contact_folds_parses_and_stores():
    CustomFieldFactory(key="size", type="number")
    contact = create_contact(email=" Ada@Example.com", first_name=" Ada ", custom={"size": "42.0"})
    assert (contact.email, contact.first_name) == ("ada@example.com", "Ada")
    assert values_of([contact.pk]) == {contact.pk: {"size": 42}}
    assert field_changes(contact) == [("size", "", "42")]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"email": "nobody"}, "nobody"),
        ({"email": "ADA@example.com"}, "already exists"),
        ({"email": "x@example.com", "time_zone": "Mars"}, "Mars"),
        ({"email": "x@example.com", "custom": {"size": "big"}}, "big"),
        ({"email": "x@example.com", "first_name": "nul\x00"}, "character"),
        ({"email": "x@example.com", "phone": "1" * 33}, "32"),
    ],
)
def test_create_contact_refuses_and_writes_nothing(values, named):
    CustomFieldFactory(key="size", type="number")
    ContactFactory(email="ada@example.com")
    with pytest.raises(ValidationError, match=named):
        create_contact(**values)
    assert Contact.objects.count() == 1


def test_save_contacts_creates_the_unknown_and_updates_the_known():
    CustomFieldFactory(key="size", type="number")
    ada = ContactFactory(email="ada@example.com", first_name="Ada", last_name="King")
    with announced() as batches:
        result = save_contacts(
            drafts=[
                ContactDraft("ada@example.com", {"first_name": "Augusta"}, {"size": 1}),
                ContactDraft("new@example.com", {"first_name": "Grace"}, {"size": 2}),
            ]
        )
    new = Contact.objects.get(email="new@example.com")
    assert result.ids == {"ada@example.com": ada.pk, "new@example.com": new.pk}
    assert (result.created, result.updated) == ([new.pk], {ada.pk})
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, new.first_name) == ("Augusta", "King", "Grace")
    assert values_of([ada.pk, new.pk]) == {ada.pk: {"size": 1}, new.pk: {"size": 2}}
    assert field_changes(ada) == [("first_name", "Ada", "Augusta"), ("size", "", "1")]
    assert [batch for batch in batches if isinstance(batch, ContactsCreated)] == [ContactsCreated([new.pk])]
    assert {batch.field for batch in batches if isinstance(batch, FieldChanged)} == {"first_name", "size"}


def test_saving_the_same_again_changes_nothing():
    CustomFieldFactory(key="colours", type="multiselect")
    drafts = [ContactDraft("ada@example.com", {"phone": "1"}, {"colours": ["Red", "Blue"]})]
    save_contacts(drafts=drafts)
    facts = FieldChange.objects.count()
    with announced() as batches:
        result = save_contacts(drafts=drafts)
    assert (result.created, result.updated, batches) == ([], set(), [])
    assert FieldChange.objects.count() == facts


def test_save_contacts_leaves_the_known_alone_when_told():
    CustomFieldFactory(key="size", type="number")
    ada = ContactFactory(email="ada@example.com", first_name="Ada")
    result = save_contacts(
        drafts=[ContactDraft("ada@example.com", {"first_name": "X"}, {"size": 1})], update_existing=False
    )
    ada.refresh_from_db()
    assert (ada.first_name, values_of([ada.pk]), result.updated) == ("Ada", {}, set())
    assert result.ids == {"ada@example.com": ada.pk}


def test_the_later_of_two_drafts_of_an_address_wins():
    result = save_contacts(
        drafts=[ContactDraft("a@example.com", {"phone": "1"}), ContactDraft("a@example.com", {"phone": "2"})]
    )
    assert len(result.created) == 1
    assert Contact.objects.get().phone == "2"


def test_save_contacts_takes_none():
    assert save_contacts(drafts=[]).ids == {}


def test_deleting_takes_everything_along_but_no_tag_is_said_to_be_taken_off():
    field, contact, kept = CustomFieldFactory(), ContactFactory(), ContactFactory()
    create_contact(email="x@example.com", custom={field.key: "v"})
    tag = TagFactory()
    tag_contacts(contacts=[contact, kept], tag=tag)
    add_notes(contacts=[contact], text="Called")
    with announced() as batches:
        assert delete_contacts(contacts=Contact.objects.exclude(pk=kept.pk)) == 2
    assert [batch for batch in batches if isinstance(batch, TagChanged)] == []
    assert list(Contact.objects.all()) == [kept]
    assert not ContactFieldValue.objects.exists() and not Note.objects.exists()
    assert TagChange.objects.filter(added=False).count() == 0
    assert tag_changes(kept) == [(tag.pk, True)]
    assert delete_contacts(contacts=[contact.pk or 0, 999_999]) == 0


def test_a_note_is_written_for_each_contact():
    contacts = [ContactFactory(), ContactFactory()]
    assert add_notes(contacts=[*contacts, contacts[0]], text="Called") == 2
    assert [contact.notes.get().text for contact in contacts] == ["Called", "Called"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("bounced", [("", "active"), ("active", "bounced")]),
        ("complained", [("", "active"), ("active", "unsubscribed")]),
        ("unsubscribed", [("", "active"), ("active", "unsubscribed")]),
        ("manual", [("", "active")]),
    ],
)
def test_suppressing_an_address_ends_its_subscriptions(reason, expected):
    contact = ContactFactory(email="ada@example.com")
    subscribe_contacts(contacts=contact, list=ListFactory())
    suppression = suppress_address(address="ADA@example.com ", reason=reason)
    assert suppression.address == "ada@example.com"
    assert subscription_changes(contact) == expected
    suppress_address(address="ada@example.com", reason="manual")
    assert Suppression.objects.get().reason == reason


def test_suppressing_something_else_than_an_address_is_refused():
    with pytest.raises(ValidationError, match="ada@"):
        suppress_address(address="ada@", reason="manual")
    assert not Suppression.objects.exists()
