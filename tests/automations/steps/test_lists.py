"""Subscribe, unsubscribe."""

import pytest

from contacts.models import Subscription, SubscriptionChange
from tests.automations.steps.conftest import details_of, refused, round_trip, sentence
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db


def status_of(contact, mailing):
    return Subscription.objects.filter(contact=contact, list=mailing).values_list("status", flat=True).first()


@pytest.mark.parametrize(
    ("step", "extra", "before", "after", "outcome"),
    [
        ("subscribe", {}, None, "active", "done"),
        ("subscribe", {}, "active", "active", "nothing_to_do"),
        ("subscribe", {}, "unconfirmed", "active", "done"),
        ("subscribe", {}, "unsubscribed", "unsubscribed", "nothing_to_do"),
        ("subscribe", {}, "bounced", "bounced", "nothing_to_do"),
        ("subscribe", {"resubscribe": True}, "unsubscribed", "active", "done"),
        ("subscribe", {"resubscribe": True}, "bounced", "active", "done"),
        ("unsubscribe", {}, "active", "unsubscribed", "done"),
        ("unsubscribe", {}, "unconfirmed", "unsubscribed", "done"),
        ("unsubscribe", {}, "unsubscribed", "unsubscribed", "nothing_to_do"),
        ("unsubscribe", {}, "bounced", "bounced", "nothing_to_do"),
        ("unsubscribe", {}, None, None, "nothing_to_do"),
    ],
)
def test_what_happens(run_step, step, extra, before, after, outcome):
    mailing, other, contact = ListFactory(), ListFactory(), ContactFactory()
    Subscription.objects.create(contact=contact, list=other, status="unconfirmed")
    if before:
        Subscription.objects.create(contact=contact, list=mailing, status=before)
    SubscriptionChange.objects.all().delete()
    assert run_step(step, {"list": mailing.pk, **extra}, contact) == [outcome]
    assert status_of(contact, mailing) == after
    assert status_of(contact, other) == "unconfirmed"
    assert SubscriptionChange.objects.count() == (outcome == "done")


def test_a_refusal_is_named_in_the_log(run_step):
    mailing, left, fresh = ListFactory(), ContactFactory(), ContactFactory()
    Subscription.objects.create(contact=left, list=mailing, status="unsubscribed")
    assert run_step("subscribe", {"list": mailing.pk}, left, fresh) == ["nothing_to_do", "done"]
    assert details_of(left) == ["unsubscribed or bounced before"]
    assert details_of(fresh) == []


@pytest.mark.parametrize("step", ["subscribe", "unsubscribe"])
def test_queries_do_not_grow(queries_for, step):
    mailing = ListFactory()

    def prepare(contact):
        if step == "unsubscribe":
            Subscription.objects.create(contact=contact, list=mailing)

    settings = {"list": mailing.pk}
    assert queries_for(2, step, settings, prepare) == queries_for(100, step, settings, prepare)


@pytest.mark.parametrize("step", ["subscribe", "unsubscribe"])
def test_bad_settings(step):
    assert refused(step, {}) == {"list": ["This field is required."]}
    assert "list" in refused(step, {"list": 999_999})


def test_settings_and_sentences():
    mailing = ListFactory(name="News")
    assert round_trip("subscribe", {"list": mailing.pk, "resubscribe": True}) == {
        "list": mailing.pk,
        "resubscribe": True,
    }
    assert round_trip("unsubscribe", {"list": mailing.pk}) == {"list": mailing.pk}
    assert sentence("subscribe", {"list": mailing.pk}) == "Subscribe to the list “News”"
    again = sentence("subscribe", {"list": mailing.pk, "resubscribe": True})
    assert again == "Subscribe to the list “News”, also those who left it or bounced"
    assert sentence("unsubscribe", {"list": mailing.pk}) == "Unsubscribe from the list “News”"
    assert sentence("subscribe") == "Subscribe to a list (not chosen yet)"
    assert sentence("unsubscribe") == "Unsubscribe from a list (not chosen yet)"
