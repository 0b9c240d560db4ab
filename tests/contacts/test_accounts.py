"""Accounts: what is saved, who belongs to them, what merges and erasures leave, and the pages."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.facts import AccountContactsChanged, AccountFieldChanged
from contacts.models import Account, AccountContact, AccountContactChange, AccountFieldChange, AccountFieldValue
from contacts.selectors.accounts import contacts_of_accounts
from contacts.selectors.fields import values_of
from contacts.selectors.timeline import timeline, timeline_of
from contacts.services import (
    add_account_note,
    add_to_account,
    change_account_contact,
    create_account,
    remove_from_account,
    set_field,
    set_primary_contact,
    update_account,
    upsert_accounts,
)
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from tests.contacts.facts import announced
from tests.factories import ContactFactory, CustomFieldFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return create_account(name="Acme", city="Paris")


def facts_of(account):
    rows = AccountFieldChange.objects.filter(account=account).order_by("pk")
    return list(rows.values_list("field", "old", "new"))


def statements(call):
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def test_an_account_is_created_from_raw_values():
    owner = UserFactory()
    CustomFieldFactory(entity="account", key="tier", type="dropdown")
    account = create_account(
        name="  Acme  Ltd ", url="acme.example/x", employees="50", owner=owner.pk, custom={"tier": "red"}
    )
    assert (account.name, account.url, account.employees) == ("Acme Ltd", "https://acme.example/x", 50)
    assert (account.domain, account.owner, account.custom_values) == ("acme.example", owner, {"tier": "Red"})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "acme"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"url": "no address"}, "url"),
        ({"employees": "1.5"}, "employees"),
        ({"employees": -1}, "employees"),
        ({"owner": 999_999}, "owner"),
        ({"phone": "1" * 33}, "phone"),
        ({"colour": "red"}, "colour"),
        ({"custom": {"tier": "x"}}, "fields.tier"),
    ],
)
def test_a_bad_value_names_its_field_and_writes_nothing(acme, values, field):
    with pytest.raises(ValidationError) as error:
        create_account(**{"name": "Other", **values})
    assert field in error.value.message_dict or "__all__" in error.value.message_dict
    assert Account.objects.count() == 1


def test_changes_leave_facts_one_by_one_and_in_bulk(acme):
    other = create_account(name="Other")
    update_account(account=acme, city="Rome", employees=5)
    acme.refresh_from_db()
    acme.industry = "Bakery"
    acme.save()
    assert facts_of(acme) == [("city", "Paris", "Rome"), ("employees", "", "5"), ("industry", "", "Bakery")]
    with announced() as batches:
        changed = set_field(field="city", values={acme.pk: "Rome", other.pk: "Rome"}, scope="account")
    assert changed == {other.pk: ("", "Rome")}
    assert batches == [AccountFieldChanged("city", changed)]


def test_custom_values_are_the_accounts_own(acme):
    mine, theirs = CustomFieldFactory(entity="account", key="tier"), CustomFieldFactory(key="tier")
    ann = ContactFactory(pk=acme.pk)
    set_field(field=mine, values={acme.pk: "gold"})
    set_field(field=theirs, values={ann.pk: "tin"})
    assert values_of([acme.pk], scope="account") == {acme.pk: {"tier": "gold"}}
    assert values_of([ann.pk]) == {ann.pk: {"tier": "tin"}}
    set_field(field=mine, values={acme.pk: None})
    assert not AccountFieldValue.objects.exists() and facts_of(acme)[-1] == ("tier", "gold", "")


def test_contacts_come_and_leave(acme):
    ann, bob = ContactFactory(), ContactFactory()
    with announced() as batches:
        assert add_to_account(account=acme, contacts=[ann, bob], job_title=" Head of  bread ") == {ann.pk, bob.pk}
        assert add_to_account(account=acme, contacts=[ann]) == set()
        assert remove_from_account(account=acme, contacts=[ann, ContactFactory()]) == {ann.pk}
    assert [b for b in batches if isinstance(b, AccountContactsChanged)] == [
        AccountContactsChanged(acme.pk, True, sorted([ann.pk, bob.pk])),
        AccountContactsChanged(acme.pk, False, [ann.pk]),
    ]
    assert AccountContact.objects.get().job_title == "Head of bread"
    with pytest.raises(ValidationError):
        add_to_account(account=acme, contacts=[ann], job_title="x" * 101)


def test_one_contact_is_primary_and_else_who_came_first(acme):
    ann, bob = ContactFactory(), ContactFactory()
    add_to_account(account=acme, contacts=[ann])
    add_to_account(account=acme, contacts=[bob])
    assert contacts_of_accounts([acme.pk]) == {acme.pk: [ann.pk, bob.pk]}
    set_primary_contact(account=acme, contact=ann)
    change_account_contact(account=acme, contact=bob, is_primary=True)
    assert list(AccountContact.objects.filter(is_primary=True).values_list("contact", flat=True)) == [bob.pk]
    assert contacts_of_accounts([acme.pk]) == {acme.pk: [bob.pk, ann.pk]}
    with pytest.raises(ValidationError):
        set_primary_contact(account=acme, contact=ContactFactory())
    with pytest.raises(ValidationError):
        change_account_contact(account=acme, contact=ContactFactory(), job_title="x")


def test_the_number_of_statements_does_not_grow(acme):
    few, many = ContactFactory.create_batch(2), ContactFactory.create_batch(60)
    assert statements(lambda: add_to_account(account=acme, contacts=few)) == statements(
        lambda: add_to_account(account=acme, contacts=many)
    )
    rows = [{"name": f"Company {n}", "city": "Rome"} for n in range(60)]
    first = statements(lambda: upsert_accounts(rows=rows[:2]))
    assert statements(lambda: upsert_accounts(rows=rows[2:])) == first


def test_accounts_are_upserted_by_name(acme):
    CustomFieldFactory(entity="account", key="tier")
    results = upsert_accounts(
        rows=[
            {"name": "ACME", "city": "Rome", "fields": {"tier": "gold"}},
            {"name": "New", "employees": 3},
            {"name": "new"},
            {"name": "", "city": "Rome"},
            {"name": "Bad", "employees": "many"},
            {"name": "Bad owner", "owner": 999_999},
        ]
    )
    assert [result.status for result in results] == ["updated", "created", "error", "error", "error", "error"]
    assert [list(r.error.message_dict) for r in results if r.error] == [
        ["name"],
        ["name"],
        ["employees"],
        ["owner"],
    ]
    acme.refresh_from_db()
    assert (acme.city, acme.custom_values, Account.objects.get(name="New").employees) == (
        "Rome",
        {"tier": "gold"},
        3,
    )
    kept = upsert_accounts(rows=[{"name": "Acme", "city": "Oslo"}], update_existing=False)
    assert [result.status for result in kept] == ["unchanged"]


def test_a_merge_keeps_both_places(acme):
    other = create_account(name="Other")
    keep, drop = ContactFactory(), ContactFactory()
    add_to_account(account=acme, contacts=[keep])
    add_to_account(account=acme, contacts=[drop], job_title="Baker")
    add_to_account(account=other, contacts=[drop])
    set_primary_contact(account=acme, contact=drop)
    merge_contacts(keep=keep, drop=drop)
    places = AccountContact.objects.order_by("account_id").values_list(
        "account", "contact", "job_title", "is_primary"
    )
    assert list(places) == [(acme.pk, keep.pk, "Baker", True), (other.pk, keep.pk, "", False)]
    assert AccountContactChange.objects.filter(contact=keep).count() == 3


def test_an_erased_person_leaves_the_account(acme):
    ann = ContactFactory()
    add_to_account(account=acme, contacts=[ann], job_title="Baker")
    assert [row["job_title"] for row in export_person(contact=ann)["accounts"]] == ["Baker"]
    erase_person(contact=ann)
    assert not AccountContact.objects.exists() and not AccountContactChange.objects.exists()
    assert Account.objects.filter(pk=acme.pk).exists()


def test_both_timelines_tell_of_it(acme):
    ann = ContactFactory(first_name="Ann", last_name="")
    add_to_account(account=acme, contacts=[ann])
    add_account_note(account=acme, text="Called.")
    update_account(account=acme, city="Rome")
    assert {entry.title for entry in timeline_of(record=acme).entries} == {
        "City was changed from “Paris” to “Rome”.", "A note was written.", "“Ann” came to the account.",
        "The account was created.",
    }  # fmt: skip
    assert "Came to the account “Acme”." in {entry.title for entry in timeline(contact=ann).entries}


# --- Pages -------------------------------------------------------------------------------------


@pytest.fixture
def page(client, admin_user):
    client.force_login(admin_user)
    return client


def test_the_page_saves_standard_and_custom_fields(page, acme):
    CustomFieldFactory(entity="account", key="tier", type="number")
    url = reverse("admin:contacts_account_change", args=[acme.pk])
    html = page.get(url).content.decode()
    assert "Nobody belongs to this account yet" in html and "custom_tier" in html
    posted = {"name": "Acme", "city": "Rome", "url": "acme.example", "custom_tier": "x", "employees": ""}
    assert "is not a number" in page.post(url, posted).content.decode()
    assert page.post(url, {**posted, "custom_tier": "3"}).status_code == 302
    acme.refresh_from_db()
    assert (acme.city, acme.url) == ("Rome", "https://acme.example")
    assert values_of([acme.pk], scope="account")[acme.pk]["tier"] == 3


def test_the_panel_adds_and_removes_contacts(page, acme):
    ann = ContactFactory(email="ann@example.com")
    url = reverse("admin:contacts_account_panel", args=[acme.pk])

    def do(verb, **values):
        return page.post(url, {"do": verb, **values}, headers={"HX-Request": "true"}).content.decode()

    assert "There is no contact with the address" in do("add", email="bob@example.com")
    assert "Ada Lovelace" in do("add", email="ANN@example.com", job_title="Baker")
    assert AccountContact.objects.get(account=acme).job_title == "Baker"
    do("set_primary", contact=ann.pk)
    do("set_title", contact=ann.pk, job_title="Chef")
    assert AccountContact.objects.values_list("job_title", "is_primary").get() == ("Chef", True)
    assert "This field cannot be blank" in do("add_note", text=" ")
    assert "Hello there" in do("add_note", text="Hello there")
    do("remove", contact=ann.pk)
    assert not AccountContact.objects.exists()
    assert page.post(url, {"do": "dance"}).status_code == 400


def test_a_contacts_page_shows_its_accounts(page, acme):
    ann = ContactFactory()
    url = reverse("admin:contacts_contact_panel", args=[ann.pk])
    assert "In no account." in page.get(url, headers={"HX-Request": "true"}).content.decode()
    post = {"do": "join_account", "account": "acme", "job_title": "Baker"}
    html = page.post(url, post, headers={"HX-Request": "true"}).content.decode()
    assert "Acme" in html and "(Baker)" in html
    wrong = page.post(url, {**post, "account": "Nobody"}, headers={"HX-Request": "true"}).content.decode()
    assert "There is no account “Nobody”" in wrong
    page.post(url, {"do": "leave_account", "account": acme.pk})
    assert not AccountContact.objects.exists()


def test_the_list_searches_filters_and_has_a_constant_number_of_queries(page, acme):
    url = reverse("admin:contacts_account_changelist")
    page.get(url)
    before = statements(lambda: page.get(url))
    upsert_accounts(rows=[{"name": f"Company {n}", "industry": "Bakery"} for n in range(30)])
    assert statements(lambda: page.get(url)) == before
    assert "Acme" not in page.get(url, {"industry": "Bakery"}).content.decode()
    found = page.get(url, {"q": "paris"}).content.decode()
    assert "Acme" in found and "Company 1" not in found


def test_a_viewer_sees_values_but_changes_nothing(client, viewer, acme):
    field = CustomFieldFactory(entity="account", key="tier", label="Tier")
    set_field(field=field, values={acme.pk: "gold"})
    client.force_login(viewer)
    html = client.get(reverse("admin:contacts_account_change", args=[acme.pk])).content.decode()
    assert "gold" in html and "custom_tier" not in html
    panel = reverse("admin:contacts_account_panel", args=[acme.pk])
    assert client.post(panel, {"do": "add", "email": "a@example.com"}).status_code == 403
