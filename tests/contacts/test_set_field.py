"""set_field(): standard and custom fields of many contacts at once."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from contacts.facts import FieldChanged
from contacts.models import Contact, ContactFieldValue, FieldChange
from contacts.selectors.fields import values_of
from contacts.services import set_field
from tests.contacts.facts import announced, field_changes
from tests.factories import ContactFactory, CustomFieldFactory, UserFactory

pytestmark = pytest.mark.django_db

OLD_AND_NEW = [
    ("text", "a", "b", ("a", "b")),
    ("textarea", "a\nb", "a\nc", ("a\nb", "a\nc")),
    ("hidden", "a", "b", ("a", "b")),
    ("number", Decimal("1.50"), Decimal(2), ("1.5", "2")),
    ("money", (Decimal(10), "EUR"), (Decimal(10), "USD"), ("10 EUR", "10 USD")),
    ("date", date(2026, 3, 31), date(2026, 4, 1), ("2026-03-31", "2026-04-01")),
    (
        "datetime",
        datetime(2026, 3, 31, 12, tzinfo=UTC),
        datetime(2026, 3, 31, 13, tzinfo=UTC),
        ("2026-03-31T12:00:00+00:00", "2026-03-31T13:00:00+00:00"),
    ),
    ("dropdown", "Red", "Blue", ("Red", "Blue")),
    ("radio", "Red", "Blue", ("Red", "Blue")),
    ("multiselect", ["Red", "Green"], ["Green"], ("Red\nGreen", "Green")),
    ("checkbox", True, False, ("yes", "no")),
    ("url", "https://a.example", "https://b.example", ("https://a.example", "https://b.example")),
    ("email", "a@example.com", "b@example.com", ("a@example.com", "b@example.com")),
    ("phone", "+331", "+332", ("+331", "+332")),
]


@pytest.mark.parametrize(("slug", "old", "new", "texts"), OLD_AND_NEW)
def test_a_custom_field_is_set_changed_and_cleared(slug, old, new, texts):
    contact, field = ContactFactory(), CustomFieldFactory(type=slug)
    for value in (old, old, new, None, None):
        set_field(field=field, values={contact.pk: value})
        assert values_of([contact.pk]).get(contact.pk, {}).get(field.key) == value
    key = field.key
    assert field_changes(contact) == [(key, "", texts[0]), (key, *texts), (key, texts[1], "")]
    assert not ContactFieldValue.objects.exists()


def test_each_contact_gets_its_own_value_and_only_changes_are_announced():
    same, other, empty = ContactFactory(), ContactFactory(), ContactFactory()
    field = CustomFieldFactory(type="text")
    set_field(field=field, values={same.pk: "a", other.pk: "a"})
    with announced() as batches:
        changes = set_field(field=field, values={same.pk: "a", other.pk: "b", empty.pk: "c"})
    assert changes == {other.pk: ("a", "b"), empty.pk: ("", "c")}
    assert batches == [FieldChanged(field=field.key, changes=changes)]


def test_the_same_key_of_two_fields_is_kept_apart():
    contact = ContactFactory()
    first, second = CustomFieldFactory(), CustomFieldFactory()
    set_field(field=first, values={contact.pk: "1"})
    set_field(field=second, values={contact.pk: "2"})
    set_field(field=first, values={contact.pk: None})
    assert values_of([contact.pk]) == {contact.pk: {second.key: "2"}}
    assert values_of([contact.pk], [first]) == {}


@pytest.mark.parametrize(
    ("name", "new", "text"),
    [
        ("first_name", "Grace", "Grace"),
        ("phone", "+331", "+331"),
        ("time_zone", "Europe/Paris", "Europe/Paris"),
        ("language", "fr", "fr"),
        ("email", "grace@example.com", "grace@example.com"),
    ],
)
def test_a_standard_field_is_set(name, new, text):
    contact = ContactFactory(email="ada@example.com")
    old = getattr(contact, name)
    assert set_field(field=name, values={contact.pk: new}) == {contact.pk: (old, text)}
    assert set_field(field=name, values={contact.pk: new}) == {}
    assert getattr(Contact.objects.get(), name) == new
    assert field_changes(contact) == [(name, old, text)]


def test_the_owner_is_set_and_cleared_by_id():
    contact, user = ContactFactory(), UserFactory()
    set_field(field="owner", values={contact.pk: user.pk})
    assert Contact.objects.get().owner == user
    set_field(field="owner", values={contact.pk: None})
    assert Contact.objects.get().owner is None
    assert field_changes(contact) == [("owner", "", str(user.pk)), ("owner", str(user.pk), "")]


def test_an_owner_who_does_not_exist_is_refused():
    contact = ContactFactory()
    with pytest.raises(ValidationError, match="999999"):
        set_field(field="owner", values={contact.pk: 999_999})
    assert field_changes(contact) == []


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("name", ["first_name", "last_name", "phone", "time_zone", "language"])
def test_none_clears_a_standard_text(name, empty):
    contact = ContactFactory(**{name: "UTC"})
    assert set_field(field=name, values={contact.pk: empty}) == {contact.pk: ("UTC", "")}
    assert getattr(Contact.objects.get(), name) == ""


@pytest.mark.parametrize("name", ["id", "tags", "created_at", "nothing", "owner_id"])
def test_other_names_are_refused(name):
    contact = ContactFactory()
    with pytest.raises(ValidationError, match=name):
        set_field(field=name, values={contact.pk: 1})


@pytest.mark.parametrize(
    ("new", "named"),
    [
        (["taken@example.com", "free@example.com"], "taken@example.com"),
        (["free@example.com", "free@example.com"], "free@example.com"),
        (["", "free@example.com"], "address"),
        ([None, "free@example.com"], "address"),
    ],
)
def test_an_address_that_is_taken_or_missing_is_refused_whole(new, named):
    ContactFactory(email="taken@example.com")
    contacts = [ContactFactory(), ContactFactory()]
    before = sorted(Contact.objects.values_list("email", flat=True))
    with pytest.raises(ValidationError, match=named):
        set_field(field="email", values={contact.pk: e for contact, e in zip(contacts, new, strict=True)})
    assert sorted(Contact.objects.values_list("email", flat=True)) == before
    assert not FieldChange.objects.exists()


def test_contacts_that_do_not_exist_are_passed_over():
    contact, field = ContactFactory(), CustomFieldFactory()
    assert set_field(field=field, values={contact.pk: "a", 999_999: "b"}).keys() == {contact.pk}
    assert set_field(field="phone", values={999_999: "1"}) == {}
    assert set_field(field=field, values={}) == {}


@pytest.mark.parametrize(
    ("type_", "options", "named"),
    [
        ("dropdown", [], "at least one"),
        ("dropdown", "Red", "list of texts"),
        ("dropdown", ["Red", 1], "list of texts"),
        ("dropdown", ["Red", " "], "list of texts"),
        ("radio", ["Red", "Red"], "once"),
        ("radio", ["Red", "red"], "once"),
        ("radio", ["Red", " Red "], "once"),
        ("multiselect", ["Red; Green", "Blue"], ";"),
        ("multiselect", ["Red|Green"], "|"),
        ("multiselect", ["Red\nGreen"], "line"),
        ("dropdown", ["x" * 501], "500"),
    ],
)
def test_bad_options_are_refused(type_, options, named):
    field = CustomFieldFactory.build(type=type_, options=options)
    with pytest.raises(ValidationError) as refused:
        field.full_clean()
    assert set(refused.value.message_dict) == {"options"}
    assert named in refused.value.message_dict["options"][0]


def test_options_are_trimmed():
    field = CustomFieldFactory.build(type="dropdown", options=[" Red", "Green "])
    field.full_clean()
    assert field.options == ["Red", "Green"]


@pytest.mark.parametrize("key", ["email", "owner", "tags", "Upper", "1st", "a-b", ""])
def test_bad_keys_are_refused(key):
    with pytest.raises(ValidationError) as refused:
        CustomFieldFactory.build(key=key, label="x").full_clean()
    assert set(refused.value.message_dict) == {"key"}


def test_a_key_is_unique_within_its_entity():
    field = CustomFieldFactory()
    with pytest.raises(ValidationError, match="exists already"):
        CustomFieldFactory.build(key=field.key).full_clean()
    CustomFieldFactory.build(key=field.key, entity="deal").full_clean()
