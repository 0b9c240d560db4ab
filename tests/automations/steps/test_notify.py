"""Whom the ledger row names; the sending itself is the channel's to test."""

import pytest

from automations.models import Delivery
from tests.automations.steps.conftest import details_of, refused, round_trip, sentence
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db

TEXTS = {"subject": "New: {{ contact.email }}", "text": "{{ contact.first_name }} < 3"}


@pytest.fixture(autouse=True)
def _nothing_leaves(monkeypatch):
    monkeypatch.setattr("automations.engine.pump.deliver_due", lambda now: 0)


def test_the_owner(run_step):
    owner = UserFactory(email="boss@example.com")
    contacts = (
        ContactFactory(email="ann@example.com", first_name="Ann", owner=owner),
        ContactFactory(),
        ContactFactory(owner=UserFactory(email="")),
        ContactFactory(owner=UserFactory(is_active=False)),
    )
    outcomes = run_step("notify", {"who": "owner", **TEXTS}, *contacts)
    assert outcomes == ["queued", "nothing_to_do", "nothing_to_do", "nothing_to_do"]
    row = Delivery.objects.get()
    assert (row.channel, row.target, row.subject) == ("notification", "boss@example.com", "New: ann@example.com")
    assert row.payload == {"text": "Ann < 3"}
    assert details_of(contacts[1]) == ["the contact has no owner with an address"]


def test_a_user_and_an_address(run_step):
    user = UserFactory(email="team@example.com")
    run_step("notify", {"who": "user", "user": user.pk, **TEXTS}, ContactFactory())
    run_step("notify", {"who": "address", "address": "x@example.org", **TEXTS}, ContactFactory())
    assert sorted(Delivery.objects.values_list("target", flat=True)) == ["team@example.com", "x@example.org"]


def test_each_visit_notifies_again_but_a_retry_does_not(run_step, drain):
    contact = ContactFactory(owner=UserFactory())
    run_step("notify", {"who": "owner", **TEXTS}, contact)
    drain()
    assert Delivery.objects.count() == 1
    run_step("notify", {"who": "owner", **TEXTS}, contact)
    assert Delivery.objects.count() == 2


def test_a_user_without_address_parks(parked):
    from tests.automations.conftest import build_automation

    user = UserFactory()
    automation = build_automation(steps=[("notify", {"who": "user", "user": user.pk, **TEXTS})])
    type(user).objects.filter(pk=user.pk).update(email="")
    error = parked("notify", {}, ContactFactory(), automation)
    assert error == "The user to be notified is gone, or has no e-mail address."
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("who", ["owner", "user", "address"])
def test_queries_do_not_grow(queries_for, who):
    user = UserFactory()
    settings = {"who": who, "user": user.pk, "address": "x@example.org", **TEXTS}

    def prepare(contact):
        type(contact).objects.filter(pk=contact.pk).update(owner=UserFactory())

    assert queries_for(2, "notify", settings, prepare) == queries_for(100, "notify", settings, prepare)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"who": "user"}, "user"),
        ({"who": "address"}, "address"),
        ({"who": "address", "address": "nobody"}, "address"),
        ({"who": "everyone"}, "who"),
        ({"who": "user", "user": 999_999}, "user"),
        ({"who": "owner", "subject": ""}, "subject"),
        ({"who": "owner", "text": "{% if %}"}, "text"),
    ],
)
def test_bad_settings(settings, field):
    assert list(refused("notify", {**TEXTS, **settings})) == [field]


def test_a_user_must_have_an_address_and_be_active():
    silent, gone = UserFactory(email=""), UserFactory(is_active=False)
    (message,) = refused("notify", {"who": "user", "user": silent.pk, **TEXTS})["user"]
    assert message == "This user has no e-mail address; add it to the user first."
    assert "user" in refused("notify", {"who": "user", "user": gone.pk, **TEXTS})


def test_settings_and_sentences():
    user = UserFactory(username="boss")
    full = {"who": "user", "user": user.pk, "address": "", **TEXTS}
    assert round_trip("notify", full) == full
    assert sentence("notify", full) == "Notify boss"
    assert sentence("notify", {"who": "address", "address": "x@example.org"}) == "Notify x@example.org"
    assert sentence("notify", {"who": "owner"}) == "Notify the contact's owner"
    assert sentence("notify", {"who": "user"}) == "Notify …"
    assert sentence("notify", {"who": "address"}) == "Notify …"
