"""Subscribing and unsubscribing: what changes, and that a refusal once given is kept."""

import pytest
from django.core.exceptions import ValidationError

from contacts.facts import SubscriptionChanged
from contacts.models import Contact, List, Subscription, SubscriptionChange
from contacts.origin import Origin, caused_by
from contacts.services import delete_contacts, subscribe_contacts, unsubscribe_contacts
from tests.contacts.facts import announced, subscription_changes
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db

# status before, asked for, resubscribe -> status after, "changed" or "refused" or ""
TRANSITIONS = [
    ("", "active", False, "active", "changed"),
    ("", "unconfirmed", False, "unconfirmed", "changed"),
    ("unconfirmed", "active", False, "active", "changed"),
    ("unconfirmed", "unconfirmed", False, "unconfirmed", ""),
    ("active", "active", False, "active", ""),
    ("active", "unconfirmed", False, "active", ""),
    ("active", "active", True, "active", ""),
    ("unsubscribed", "active", False, "unsubscribed", "refused"),
    ("unsubscribed", "unconfirmed", False, "unsubscribed", "refused"),
    ("unsubscribed", "active", True, "active", "changed"),
    ("unsubscribed", "unconfirmed", True, "unconfirmed", "changed"),
    ("bounced", "active", False, "bounced", "refused"),
    ("bounced", "active", True, "active", "changed"),
]


@pytest.mark.parametrize(("before", "status", "resubscribe", "after", "outcome"), TRANSITIONS)
def test_subscribing(before, status, resubscribe, after, outcome):
    contact, mailing_list = ContactFactory(), ListFactory()
    if before:
        Subscription(contact=contact, list=mailing_list, status=before).save()
    with announced() as batches:
        result = subscribe_contacts(contacts=contact, list=mailing_list, status=status, resubscribe=resubscribe)
    assert Subscription.objects.get().status == after
    assert result.changed == ([contact.pk] if outcome == "changed" else [])
    assert result.refused == ([contact.pk] if outcome == "refused" else [])
    changed = SubscriptionChanged(list_id=mailing_list.pk, new=status, old={contact.pk: before})
    assert batches == ([changed] if outcome == "changed" else [])
    if outcome == "changed":
        assert subscription_changes(contact)[-1] == (before, status)


@pytest.mark.parametrize(
    ("before", "changed"),
    [("active", True), ("unconfirmed", True), ("unsubscribed", False), ("bounced", False), ("", False)],
)
def test_unsubscribing(before, changed):
    contact, mailing_list = ContactFactory(), ListFactory()
    if before:
        Subscription(contact=contact, list=mailing_list, status=before).save()
    with announced() as batches:
        ids = unsubscribe_contacts(contacts=contact, list=mailing_list, reason="asked us")
    assert ids == ([contact.pk] if changed else [])
    assert len(batches) == changed
    last = SubscriptionChange.objects.order_by("pk").last()
    assert bool(last and last.reason == "asked us") == changed


def test_lists_are_apart():
    contact, left, joined = ContactFactory(), ListFactory(), ListFactory()
    subscribe_contacts(contacts=contact, list=left)
    unsubscribe_contacts(contacts=contact, list=left)
    assert subscribe_contacts(contacts=contact, list=joined).changed == [contact.pk]
    assert contact.subscriptions.get(list=left).status == "unsubscribed"


def test_a_refusal_outlives_the_contact_by_its_address():
    contact, other = ContactFactory(email="ada@example.com"), ContactFactory(email="grace@example.com")
    left, never = ListFactory(), ListFactory()
    subscribe_contacts(contacts=[contact, other], list=left)
    unsubscribe_contacts(contacts=contact, list=left)
    delete_contacts(contacts=Contact.objects.all())

    again, grace = ContactFactory(email="Ada@Example.com"), ContactFactory(email="grace@example.com")
    result = subscribe_contacts(contacts=[again, grace], list=left)
    assert (result.refused, result.changed) == ([again.pk], [grace.pk])
    assert subscribe_contacts(contacts=again, list=never).changed == [again.pk]
    assert subscribe_contacts(contacts=again, list=left, resubscribe=True).changed == [again.pk]


def test_who_came_back_before_being_deleted_has_not_refused():
    contact, mailing_list = ContactFactory(email="ada@example.com"), ListFactory()
    subscribe_contacts(contacts=contact, list=mailing_list)
    unsubscribe_contacts(contacts=contact, list=mailing_list)
    subscribe_contacts(contacts=contact, list=mailing_list, resubscribe=True)
    contact.delete()
    again = ContactFactory(email="ada@example.com")
    assert subscribe_contacts(contacts=again, list=mailing_list).changed == [again.pk]


def test_contacts_that_do_not_exist_are_passed_over():
    contact, mailing_list = ContactFactory(), ListFactory()
    result = subscribe_contacts(contacts=[contact.pk, 999_999], list=mailing_list.pk)
    assert (result.changed, result.refused) == ([contact.pk], [])
    assert unsubscribe_contacts(contacts=[contact.pk, 999_999], list=mailing_list.pk) == [contact.pk]


def test_the_source_is_that_of_the_first_subscription():
    contact, mailing_list = ContactFactory(), ListFactory()
    with caused_by(Origin(source="form")):
        subscribe_contacts(contacts=contact, list=mailing_list, status="unconfirmed")
    with caused_by(Origin(source="contact")):
        subscribe_contacts(contacts=contact, list=mailing_list)
    assert Subscription.objects.get().source == "form"
    assert list(SubscriptionChange.objects.order_by("pk").values_list("source", flat=True)) == [
        "form",
        "contact",
    ]


def test_single_saves_leave_a_fact_when_the_status_changed():
    subscription = Subscription(contact=ContactFactory(), list=ListFactory())
    subscription.save()
    since = subscription.changed_at
    subscription.save()
    assert subscription.changed_at == since
    stored = Subscription.objects.get()
    stored.status = "unsubscribed"
    stored.save(update_fields=["status"])
    stored.refresh_from_db()
    stored.save()
    assert subscription_changes(subscription.contact) == [("", "active"), ("active", "unsubscribed")]
    assert stored.changed_at > since


def test_a_status_left_out_of_update_fields_is_neither_written_nor_recorded():
    subscription = Subscription(contact=ContactFactory(), list=ListFactory())
    subscription.save()
    subscription.status = "bounced"
    subscription.save(update_fields=["source"])
    assert subscription_changes(subscription.contact) == [("", "active")]
    subscription.save()
    assert subscription_changes(subscription.contact) == [("", "active"), ("active", "bounced")]


def test_a_refreshed_subscription_compares_with_what_it_read_last():
    subscription = Subscription(contact=ContactFactory(), list=ListFactory())
    subscription.save()
    unsubscribe_contacts(contacts=subscription.contact, list=subscription.list)
    subscription.refresh_from_db()
    subscription.save()
    assert subscription_changes(subscription.contact) == [("", "active"), ("active", "unsubscribed")]


def test_names_are_unique_without_case():
    ListFactory(name="News")
    with pytest.raises(ValidationError, match="exists already"):
        List(name="NEWS").full_clean()
