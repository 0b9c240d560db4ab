"""Every condition but the field's: who meets it and who just doesn't, bad settings, sentences."""

from datetime import UTC, datetime, timedelta

import pytest

from automations.conditions import CONDITIONS
from automations.conditions.records import LiftedCondition
from automations.conditions.tree import ConditionError, clean_tree, describe_tree, tree_references
from automations.models import Automation, Delivery
from automations.models.enrollment import Enrollment
from contacts.models import (
    Campaign,
    CampaignLink,
    Contact,
    ContactTag,
    CustomEvent,
    Score,
    Segment,
    SiteMessage,
    Subscription,
)
from contacts.services import tag_contacts
from tests.automations.conditions.conftest import NOW, leaf
from tests.factories import ContactFactory, FormFactory, ListFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def three():
    return [ContactFactory() for _number in range(3)]


def test_tag(who, three):
    tag, other = TagFactory(), TagFactory()
    tag_contacts(contacts=three[0], tag=tag)
    tag_contacts(contacts=three[1], tag=other)
    assert who(three, "tag", op="has", tag=tag.pk) == [True, False, False]
    assert who(three, "tag", op="has_not", tag=tag.pk) == [False, True, True]


def test_tag_date(who, three):
    tag = TagFactory()
    for contact, age in zip(three, (timedelta(days=3), timedelta(days=3) + SECOND), strict=False):
        ContactTag.objects.create(contact=contact, tag=tag, created_at=NOW - age)
    ContactTag.objects.create(contact=three[2], tag=TagFactory(), created_at=NOW)
    assert who(three, "tag_date", op="within", days=3, tag=tag.pk) == [True, False, False]
    assert who(three, "tag_date", op="before", days=3, tag=tag.pk) == [False, True, False]


def test_created(who, three):
    for contact, age in zip(three, (timedelta(), timedelta(days=1), timedelta(days=1) + SECOND), strict=True):
        Contact.objects.filter(pk=contact.pk).update(created_at=NOW - age)
    assert who(three, "created", op="within", days=1) == [True, True, False]
    assert who(three, "created", op="before", days=1) == [False, False, True]


@pytest.mark.parametrize("status", ["active", "unconfirmed", "unsubscribed", "bounced"])
def test_subscription(who, three, status):
    mailing, other = ListFactory(), ListFactory()
    Subscription.objects.create(contact=three[0], list=mailing, status=status)
    Subscription.objects.create(contact=three[1], list=other, status=status)
    wrong = "active" if status != "active" else "bounced"
    Subscription.objects.create(contact=three[2], list=mailing, status=wrong)
    ask = {"status": status, "list": mailing.pk}
    assert who(three, "subscription", op="is", **ask) == [True, False, False]
    assert who(three, "subscription", op="is_not", **ask) == [False, True, True]
    assert who(three, "subscription", op="is", status=status) == [True, True, False]
    assert who(three, "subscription", op="is_not", status=status) == [False, False, True]


def test_subscription_date(who, three):
    mailing = ListFactory()
    states = [("active", 2), ("active", 3), ("unsubscribed", 1)]
    for contact, (status, days) in zip(three, states, strict=True):
        row = Subscription.objects.create(contact=contact, list=mailing, status=status)
        Subscription.objects.filter(pk=row.pk).update(changed_at=NOW - timedelta(days=days) + SECOND)
    assert who(three, "subscription_date", op="within", days=2, list=mailing.pk) == [True, False, False]
    assert who(three, "subscription_date", op="before", days=2, list=mailing.pk) == [False, True, False]
    assert who(three, "subscription_date", op="within", days=3) == [True, True, False]
    assert who(three, "subscription_date", op="within", days=3, list=ListFactory().pk) == [False, False, False]


def test_owner(who, three):
    boss, deputy = UserFactory(), UserFactory()
    for contact, owner in zip(three, (boss, deputy), strict=False):
        Contact.objects.filter(pk=contact.pk).update(owner=owner)
    assert who(three, "owner", op="is", user=boss.pk) == [True, False, False]
    assert who(three, "owner", op="is_not", user=boss.pk) == [False, True, True]
    assert who(three, "owner", op="set") == [True, True, False]
    assert who(three, "owner", op="unset", user=boss.pk) == [False, False, True]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("inside", [True, False, False]),
        ("entered", [True, True, False]),
        ("completed", [False, True, False]),
        ("not_inside", [False, True, True]),
        ("not_entered", [False, False, True]),
        ("not_completed", [True, False, True]),
    ],
)
@pytest.mark.parametrize("inside", ["active", "held", "parked"])
def test_automation(who, three, op, expected, inside):
    automation, other = (Automation.objects.create(name=name) for name in "AB")
    Enrollment.objects.create(automation=automation, contact=three[0], status=inside)
    Enrollment.objects.create(automation=automation, contact=three[1], status="completed")
    Enrollment.objects.create(automation=other, contact=three[2], status="active")
    assert who(three, "automation", op=op, automation=automation.pk) == expected


def test_email_sent(who):
    contacts = [ContactFactory() for _number in range(5)]
    automation, other = (Automation.objects.create(name=name) for name in "AB")
    rows = [
        (contacts[0], automation, "email", "sent", 1),
        (contacts[1], automation, "email", "sent", 5),
        (contacts[2], other, "email", "sent", 1),
        (contacts[3], automation, "email", "skipped", 1),
        (contacts[4], automation, "webhook", "sent", 1),
        (None, automation, "email", "sent", 1),  # an erased contact
    ]
    for contact, source, channel, status, days in rows:
        Delivery.objects.create(
            contact=contact, automation=source, channel=channel, status=status, sent_at=NOW - timedelta(days=days)
        )
    mine = {"automation": automation.pk}
    assert who(contacts, "email_sent", op="sent", **mine) == [True, True, False, False, False]
    assert who(contacts, "email_sent", op="sent", days=2, **mine) == [True, False, False, False, False]
    assert who(contacts, "email_sent", op="sent", days=2) == [True, False, True, False, False]
    assert who(contacts, "email_sent", op="not_sent", days=2) == [False, True, False, True, True]


@pytest.mark.parametrize(
    ("settings", "now", "zone", "expected"),
    [
        ({"weekdays": ["4"]}, "2026-03-27T12:00", "UTC", True),
        ({"weekdays": ["5"]}, "2026-03-27T12:00", "UTC", False),
        ({"weekdays": ["5"]}, "2026-03-27T12:00", "Pacific/Auckland", True),
        ({"after_time": "12:00"}, "2026-03-27T12:00", "UTC", True),
        ({"after_time": "12:01"}, "2026-03-27T12:00", "UTC", False),
        ({"before_time": "12:00"}, "2026-03-27T12:00", "UTC", False),
        ({"before_time": "13:30"}, "2026-03-27T12:00", "Europe/Paris", True),
        ({"after_time": "22:00", "before_time": "06:00"}, "2026-03-27T23:00", "UTC", True),
        ({"after_time": "22:00", "before_time": "06:00"}, "2026-03-27T05:59", "UTC", True),
        ({"after_time": "22:00", "before_time": "06:00"}, "2026-03-27T06:00", "UTC", False),
        ({"after_date": "2026-03-28"}, "2026-03-27T22:59", "Europe/Paris", False),
        ({"after_date": "2026-03-28"}, "2026-03-27T23:00", "Europe/Paris", True),
        ({"before_date": "2026-03-27"}, "2026-03-27T23:59", "UTC", True),
        ({"before_date": "2026-03-27"}, "2026-03-28T00:00", "UTC", False),
    ],
)
def test_now_is_the_same_for_everyone(who, three, settings, now, zone, expected):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert who(three, "now", zone=zone, now=moment, **settings) == [expected] * 3


def test_segment(who, three):
    tag = TagFactory()
    tag_contacts(contacts=three[0], tag=tag)
    inner = Segment.objects.create(name="In", conditions=leaf("tag", op="has", tag=tag.pk))
    outer = Segment.objects.create(name="Out", conditions=leaf("segment", op="not_in", segment=inner.pk))
    everyone = Segment.objects.create(name="All")
    assert who(three, "segment", op="in", segment=inner.pk) == [True, False, False]
    assert who(three, "segment", op="not_in", segment=inner.pk) == [False, True, True]
    assert who(three, "segment", op="in", segment=outer.pk) == [False, True, True]
    assert who(three, "segment", op="in", segment=everyone.pk) == [True, True, True]
    assert who(three, "segment", op="not_in", segment=everyone.pk) == [False, False, False]


RECORDS = {"tag": "tag", "tag_date": "tag", "automation": "automation", "segment": "segment"}
MORE = {"tag_date": {"days": 3, "op": "within"}, "tag": {"op": "has"}, "automation": {"op": "inside"},
        "segment": {"op": "in"}}  # fmt: skip


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_that_is_gone(who, three, kind):
    record = {
        "tag": lambda: TagFactory(),
        "automation": lambda: Automation.objects.create(name="A"),
        "segment": lambda: Segment.objects.create(name="S"),
    }[RECORDS[kind]]()
    tree = clean_tree(leaf(kind, **MORE[kind], **{RECORDS[kind]: record.pk}))
    assert tree_references(tree) == {(record._meta.label_lower, record.pk)}
    record.delete()
    assert "“(deleted)”" in describe_tree(tree)
    from automations.conditions.base import Moment
    from tests.automations.conditions.conftest import meeting

    assert meeting(tree, Moment()) == set()
    with pytest.raises(ConditionError) as error:
        clean_tree(tree)
    (message,) = error.value.messages
    assert message.startswith("Condition 1: ") and "does not exist (any more); choose another." in message


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("tag", {"op": "has"}),
        ("tag", {"op": "likes", "tag": 1}),
        ("created", {"op": "within", "days": 0}),
        ("created", {"op": "within", "days": 36_501}),
        ("created", {"op": "within", "days": "many"}),
        ("subscription", {"op": "is", "status": "happy"}),
        ("owner", {"op": "is"}),
        ("now", {}),
        ("now", {"weekdays": ["7"]}),
        ("email_sent", {"op": "sent", "days": -1}),
        ("segment", {"op": "in", "segment": "all"}),
        ("automation", {"op": "inside", "automation": [1, 2]}),
        ("tag", {"op": "has", "tag": 1, "colour": "red"}),
    ],
)
def test_bad_settings(kind, settings):
    with pytest.raises(ConditionError, match="Condition 1: "):
        clean_tree(leaf(kind, **settings))


def test_sentences():
    tag, mailing = TagFactory(name="VIP"), ListFactory(name="News")
    automation, boss = Automation.objects.create(name="Welcome"), UserFactory(username="boss")
    hello = SiteMessage.objects.create(title="Hello")
    segment, form = Segment.objects.create(name="Fans"), FormFactory(name="Sign up")
    bought = CustomEvent.objects.create(name="Bought")
    campaign = Campaign.objects.create(name="News")
    link = CampaignLink.objects.create(campaign=campaign, url="https://x.com")
    interest = Score.objects.create(name="Interest")
    sentences = {
        "has the tag “VIP”": leaf("tag", op="has", tag=tag.pk),
        "does not have the tag “VIP”": leaf("tag", op="has_not", tag=tag.pk),
        "got the tag “VIP” within the last 1 day": leaf("tag_date", op="within", days=1, tag=tag.pk),
        "was created more than 3 days ago": leaf("created", op="before", days=3),
        "is active on the list “News”": leaf("subscription", op="is", status="active", list=mailing.pk),
        "is not bounced on any list": leaf("subscription", op="is_not", status="bounced"),
        "became active on any list within the last 2 days": leaf("subscription_date", op="within", days=2),
        "belongs to boss": leaf("owner", op="is", user=boss.pk),
        "has no owner": leaf("owner", op="unset"),
        "has never entered the automation “Welcome”": leaf(
            "automation", op="not_entered", automation=automation.pk
        ),
        "was sent an e-mail of “Welcome” within the last 7 days": leaf(
            "email_sent", op="sent", automation=automation.pk, days=7
        ),
        "opened an e-mail": leaf("email_activity", op="opened"),
        "clicked no link of the e-mail “News” (the link “https://x.com”) within the last 7 days": leaf(
            "email_activity", op="not_clicked", campaign=campaign.pk, link=link.pk, days=7
        ),
        "did “Bought”": leaf("event", op="did", event=bought.pk),
        "did not do “Bought” at least 3 times within the last 7 days": leaf(
            "event", op="did_not", event=bought.pk, times=3, days=7
        ),
        "has more than 10 points in “Interest”": leaf("score", op="above", score=interest.pk, value=10),
        "has converted": leaf("conversion", op="has"),
        "was not sent an e-mail": leaf("email_sent", op="not_sent"),
        "submitted the form “Sign up” within the last 7 days": leaf("form", op="submitted", form=form.pk, days=7),
        "did not submit any form": leaf("form", op="not_submitted"),
        "visited site.com/* at least 2 times within the last 7 days": leaf(
            "page", op="visited", url="site.com/*", times=2, days=7
        ),
        "did not visit any page": leaf("page", op="not_visited"),
        "has not closed the site message “Hello” within the last 1 day": leaf(
            "site_message", op="not_dismissed", message=hello.pk, days=1
        ),
        "has clicked a site message": leaf("site_message", op="clicked"),
        "is not in the segment “Fans”": leaf("segment", op="not_in", segment=segment.pk),
        "is looked at on Monday or Friday and is looked at from 09:00 on": leaf(
            "now", weekdays=["0", "4"], after_time="09:00"
        ),
    }
    for sentence, tree in sentences.items():
        assert describe_tree(clean_tree(tree)) == sentence
    told = {tree["conditions"][0]["type"] for tree in sentences.values()}
    others = {kind.slug for kind in CONDITIONS if not issubclass(kind, LiftedCondition)} - told
    # Each has its sentences in a test module of its own, as those on records have.
    assert others == {
        "account", "app_receipt", "bought", "deal_role", "field", "last_order", "order_count", "total_spent",
    }  # fmt: skip
