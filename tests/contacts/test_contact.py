"""Contact.save(): what it normalises, and the FieldChange facts that it leaves."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contacts.models import Contact, FieldChange
from contacts.origin import Origin, caused_by
from contacts.services import set_field
from tests.contacts.facts import field_changes
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_creating_leaves_no_field_change():
    assert field_changes(ContactFactory()) == []


def test_only_fields_that_really_changed_leave_a_fact():
    contact = Contact.objects.get(pk=ContactFactory(first_name="Ada", phone="1").pk)
    contact.first_name, contact.phone = "Grace", "1"
    contact.save()
    assert field_changes(contact) == [("first_name", "Ada", "Grace")]
    contact.save()
    assert len(field_changes(contact)) == 1


def test_changes_of_a_contact_that_was_just_created_are_seen():
    contact = ContactFactory(first_name="Ada")
    contact.first_name = "Grace"
    contact.save()
    assert field_changes(contact) == [("first_name", "Ada", "Grace")]


def test_owner_is_recorded_by_id_under_its_name():
    contact, owner = ContactFactory(), UserFactory()
    contact.owner = owner
    contact.save()
    contact.owner = None
    contact.save()
    assert field_changes(contact) == [("owner", "", str(owner.pk)), ("owner", str(owner.pk), "")]


def test_case_of_the_address_is_not_a_change():
    contact = ContactFactory(email="ada@example.com")
    contact.email = " ADA@Example.com "
    contact.save()
    assert (contact.email, field_changes(contact)) == ("ada@example.com", [])


def test_a_fact_names_who_did_it():
    contact, user = ContactFactory(), UserFactory()
    with caused_by(Origin(source="api", user_id=user.pk)):
        contact.last_name = "King"
        contact.save()
    change = FieldChange.objects.get()
    assert (change.source, change.user_id) == ("api", user.pk)


def test_fields_left_out_of_update_fields_are_neither_written_nor_recorded():
    contact = ContactFactory(first_name="Ada", last_name="King")
    contact.first_name, contact.last_name = "Grace", "Hopper"
    contact.save(update_fields=["last_name"])
    assert [change[0] for change in field_changes(contact)] == ["last_name"]
    contact.save()
    assert [change[0] for change in field_changes(contact)] == ["last_name", "first_name"]


def test_a_refreshed_contact_compares_with_what_it_read_last():
    contact = ContactFactory(first_name="Ada")
    set_field(field="first_name", values={contact.pk: "Grace"})
    contact.refresh_from_db()
    contact.save()
    contact.first_name = "Joan"
    contact.save()
    assert field_changes(contact) == [("first_name", "Ada", "Grace"), ("first_name", "Grace", "Joan")]


def test_refreshing_one_field_keeps_the_others_changes():
    contact = ContactFactory(first_name="Ada", last_name="King")
    contact.first_name = "Grace"
    contact.refresh_from_db(fields=["last_name"])
    contact.save()
    assert field_changes(contact) == [("first_name", "Ada", "Grace")]


def test_a_field_that_was_not_loaded_is_recorded_with_its_old_value():
    pk = ContactFactory(first_name="Ada").pk
    contact = Contact.objects.only("email").get(pk=pk)
    contact.first_name = "Grace"
    contact.save()
    assert field_changes(contact) == [("first_name", "Ada", "Grace")]


def test_a_failed_save_leaves_no_fact():
    ContactFactory(email="taken@example.com")
    contact = ContactFactory(first_name="Ada")
    contact.email, contact.first_name = "taken@example.com", "Grace"
    with pytest.raises(IntegrityError), transaction.atomic():
        contact.save()
    assert field_changes(contact) == []


@pytest.mark.parametrize("email", ["", None])
def test_the_database_refuses_a_contact_without_address(email):
    with pytest.raises((IntegrityError, AttributeError)), transaction.atomic():
        Contact(email=email).save()


@pytest.mark.parametrize(
    ("field", "value"), [("time_zone", "Europe/Atlantis"), ("email", "nobody"), ("phone", "1" * 33)]
)
def test_bad_values_are_refused_by_field(field, value):
    contact = ContactFactory.build(**{field: value})
    with pytest.raises(ValidationError) as refused:
        contact.full_clean()
    assert set(refused.value.message_dict) == {field}


def test_addresses_are_unique_without_case():
    ContactFactory(email="ada@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact(email="ADA@example.com").save()
