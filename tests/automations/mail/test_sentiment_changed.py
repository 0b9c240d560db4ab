"""sentiment_changed: by what contacts really write about deals; near misses for from, to and recipients."""

import pytest

from automations.services import activate, add_trigger, publish
from deals.models import DealSentiment, PersonalEmail, SentimentChange
from deals.services.sentiment import set_sentiment
from tests.automations.conftest import build_automation, passes, reasons
from tests.deals.mailboxes import make_deal, written
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return ContactFactory(email="ann@example.org", first_name="Ann")


def listening(slug, /, **settings):
    return build_automation(name=f"Listens to {slug}", triggers=[(slug, settings)])


GOOD, BAD = "This is excellent, we love it!", "This is terrible, I am very disappointed."
PLAIN, BOTH = "The meeting is on Tuesday.", "I love the product, but the service is terrible and I am angry."


def test_what_contacts_write_about_a_deal_changes_its_sentiment(post, ann):
    deal = make_deal(ann)
    for text, kept in (
        (PLAIN, "neutral"),
        (GOOD, "positive"),
        ("你好，谢谢。", "positive"),
        (BAD, "negative"),
        (BOTH, "mixed"),
    ):
        post.receive(written(ann.email, text))
        assert DealSentiment.objects.get(deal=deal).value == kept
    read = PersonalEmail.objects.order_by("pk").values_list("sentiment", flat=True)
    assert list(read) == ["neutral", "positive", "unknown", "negative", "mixed"]
    changes = SentimentChange.objects.order_by("pk").values_list("old", "new")
    assert list(changes) == [
        ("", "neutral"),
        ("neutral", "positive"),
        ("positive", "negative"),
        ("negative", "mixed"),
    ]


def test_what_is_about_no_deal_has_none(post, ann):
    post.receive(written(ann.email, GOOD))
    assert PersonalEmail.objects.get().sentiment == "" and not SentimentChange.objects.exists()


def test_only_what_the_contact_wrote_counts(post, ann):
    make_deal(ann)
    post.receive(written(ann.email, f"{PLAIN}\n\nOn Monday Sue wrote:\n> {BAD}"))
    assert PersonalEmail.objects.get().sentiment == "neutral"


CHANGES = [
    ({}, True), ({"old": "positive"}, True), ({"new": "negative"}, True),
    ({"old": "positive", "new": "negative"}, True), ({"old": "neutral"}, False), ({"new": "mixed"}, False),
    ({"old": "negative", "new": "positive"}, False), ({"old": "positive", "new": "neutral"}, False),
    ({"old": "none"}, False),
]  # fmt: skip


def test_from_and_to(post, ann):
    make_deal(ann)
    post.receive(written(ann.email, GOOD))
    automations = [(listening("sentiment_changed", **settings), entered) for settings, entered in CHANGES]
    post.receive(written(ann.email, GOOD))  # no change
    assert not any(passes(one) for one, _entered in automations)
    post.receive(written(ann.email, BAD))
    assert [bool(passes(one)) for one, _entered in automations] == [entered for _one, entered in automations]


def test_the_first_one_is_a_change_from_none(post, ann):
    make_deal(ann)
    any_, none, neutral = (listening("sentiment_changed", old=old) for old in ("any", "none", "neutral"))
    post.receive(written(ann.email, GOOD))
    assert [passes(one) for one in (any_, none, neutral)] == [[ann.email], [ann.email], []]


def test_all_contacts_of_the_deal_enter_or_the_primary_one(post, ann):
    bob = ContactFactory(email="bob@example.org")
    everyone = listening("sentiment_changed")
    primary = build_automation(name="Primary")
    add_trigger(automation=primary, type="sentiment_changed", settings={}, recipients="primary")
    publish(automation=primary)
    activate(automation=primary)
    make_deal(bob, ann)
    post.receive(written(ann.email, BAD))
    assert (passes(everyone), passes(primary)) == ([ann.email, bob.email], [bob.email])


def test_a_deal_without_contacts_starts_nobody_and_says_so(post, ann):
    automation = listening("sentiment_changed")
    deal = make_deal(ann)
    post.receive(written(ann.email, PLAIN))
    deal.participants.all().delete()
    set_sentiment(email=PersonalEmail.objects.get(), value="negative")
    assert passes(automation) == [ann.email]  # by the first
    assert reasons(automation) == ["no_contact"]


def test_a_person_corrects_what_was_misread(post, ann):
    make_deal(ann)
    automation = listening("sentiment_changed", old="positive", new="negative")
    post.receive(written(ann.email, GOOD))
    email = PersonalEmail.objects.get()
    set_sentiment(email=email, value="negative")
    assert passes(automation) == [ann.email]
    set_sentiment(email=email, value="negative")
    assert SentimentChange.objects.count() == 2
