"""A campaign from its start to its report: real rows, real SMTP."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from automations.delivery.broadcast import run_campaigns
from automations.delivery.outbox import CHANNELS
from automations.models import Delivery
from automations.services import (
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    save_campaign,
    schedule_campaign,
    send_test,
    start_campaign,
)
from contacts.links import make_token
from contacts.models import Campaign, Contact, EmailActivity, Segment, SentEmail
from contacts.services import (
    InUse,
    delete_unused,
    subscribe_contacts,
    suppress_address,
    tag_contacts,
    unsubscribe_contacts,
)
from contacts.services.campaigns import delete_campaign, duplicate_campaign, roll_up_counts, save_template
from contacts.services.merge import merge_contacts
from tests.automations.campaigns.conftest import build_campaign
from tests.factories import ContactFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db


def fields(error):
    return set(error.value.message_dict)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"subject": " "}, {"subject"}),
        ({"html": ""}, {"html"}),
        ({"subject": "", "html": ""}, {"subject", "html"}),
    ],
)
def test_it_starts_only_when_complete(people, news, values, wrong):
    people(1)
    campaign = build_campaign(lists=[news], **values)
    with pytest.raises(ValidationError) as error:
        start_campaign(campaign=campaign)
    assert fields(error) == wrong
    with pytest.raises(ValidationError) as error:
        schedule_campaign(campaign=campaign, at=timezone.now() + timedelta(hours=1))
    assert fields(error) == wrong


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"subject": "{{ contact.first_name"}, {"subject"}),
        ({"html": "{% if %}"}, {"html"}),
        ({"text": "{{ contact.name | shout }}"}, {"text"}),
        ({"from_email": "nobody"}, {"from_email"}),
        ({"from_name": "A <b>"}, {"from_name"}),
        ({"reply_to": "x@"}, {"reply_to"}),
        ({"name": ""}, {"name"}),
        ({"html": "x" * 500_001}, {"html"}),
    ],
)
def test_what_is_written_must_be_sound(db, values, wrong):
    with pytest.raises(ValidationError) as error:
        build_campaign(**values)
    assert fields(error) == wrong
    assert not Campaign.objects.exists()


def test_it_needs_recipients(news):
    with pytest.raises(ValidationError) as error:
        start_campaign(campaign=build_campaign(lists=[]))
    assert "Choose at least one list or a segment" in str(error.value)
    with pytest.raises(ValidationError) as error:
        start_campaign(campaign=build_campaign(lists=[news]))
    assert "Nobody would get it" in str(error.value)


def test_it_reaches_those_on_a_list_and_counts(people, campaign, smtp_server, drain, counts):
    people(3)
    ContactFactory(email="elsewhere@example.com")
    start_campaign(campaign=campaign)
    drain()
    campaign.refresh_from_db()
    assert smtp_server.recipients() == {f"p{n}@example.com": 1 for n in range(3)}
    assert smtp_server.messages[0].subject == "Hello Ada"
    assert (campaign.status, campaign.recipients) == ("sent", 3)
    assert campaign.finished_at
    assert counts(campaign) == {"sent": 3}
    assert {tuple(row.lists) for row in SentEmail.objects.all()} == {(campaign.lists.get().pk,)}


@pytest.fixture
def tagged(db):
    """A segment of those with a tag; one that names the first."""
    tag = TagFactory()
    form = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}
    segment = Segment(name="Tagged", conditions=form)
    segment.full_clean()
    segment.save()
    outer = Segment.objects.create(
        name="Outer",
        conditions={"match": "all", "conditions": [{"type": "segment", "op": "in", "segment": segment.pk}]},
    )
    return tag, segment, outer


@pytest.mark.parametrize("which", [1, 2])
def test_a_segment_narrows_and_needs_an_active_subscription(people, news, tagged, smtp_server, drain, which):
    first, second, _third = people(3)
    stranger = ContactFactory(email="stranger@example.com")
    tag_contacts(contacts=[first.pk, second.pk, stranger.pk], tag=tagged[0])
    unsubscribe_contacts(contacts=second, list=news)
    start_campaign(campaign=build_campaign(lists=[], segment=tagged[which]))
    drain()
    assert set(smtp_server.recipients()) == {"p0@example.com"}


def test_the_segment_is_frozen_at_the_start(people, news, tagged, smtp_server, drain):
    first, _second = people(2)
    tag, inner, outer = tagged
    tag_contacts(contacts=first, tag=tag)
    campaign = build_campaign(lists=[news], segment=outer)
    start_campaign(campaign=campaign)
    Segment.objects.filter(pk__in=[inner.pk, outer.pk]).update(conditions={})
    late = ContactFactory(email="late@example.com")
    subscribe_contacts(contacts=late, list=news)
    tag_contacts(contacts=late, tag=tag)
    drain()
    assert set(smtp_server.recipients()) == {"p0@example.com"}


def test_what_was_started_is_not_changed(people, campaign):
    people(1)
    start_campaign(campaign=campaign)
    for attempt in (
        lambda: save_campaign(campaign=campaign, values={"subject": "Other"}),
        lambda: start_campaign(campaign=campaign),
        lambda: schedule_campaign(campaign=campaign, at=timezone.now() + timedelta(hours=1)),
        lambda: delete_campaign(campaign=campaign),
        lambda: resume_campaign(campaign=campaign),
    ):
        with pytest.raises(ValidationError, match="Spring"):
            attempt()
    campaign.refresh_from_db()
    assert campaign.subject == "Hello {{ contact.first_name }}"


def test_skips_are_counted_with_their_reason(people, news, campaign, smtp_server, drain, counts):
    left, suppressed, _stays = people(3)
    start_campaign(campaign=campaign)
    run_campaigns(now=timezone.now())
    unsubscribe_contacts(contacts=left, list=news)
    suppress_address(address=suppressed.email, reason="manual")
    drain()
    assert set(smtp_server.recipients()) == {"p2@example.com"}
    found = counts(campaign)
    assert found == {"sent": 1, "skipped": 2, "skip:unsubscribed": 1, "skip:suppressed": 1}


def test_a_schedule_is_kept_and_found_when_due(people, campaign, smtp_server, drain):
    people(1)
    soon = timezone.now() + timedelta(hours=2)
    schedule_campaign(campaign=campaign, at=soon)
    drain(later=timedelta(minutes=119))
    assert not smtp_server.messages
    drain(later=timedelta(minutes=121))
    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("days", [-1, 800])
def test_a_schedule_lies_ahead(people, campaign, days):
    with pytest.raises(ValidationError) as error:
        schedule_campaign(campaign=campaign, at=timezone.now() + timedelta(days=days))
    assert fields(error) == {"scheduled_at"}


def test_a_scheduled_one_stays_complete_and_can_be_called_off(people, campaign, smtp_server, drain):
    people(1)
    schedule_campaign(campaign=campaign, at=timezone.now() + timedelta(hours=1))
    with pytest.raises(ValidationError):
        save_campaign(campaign=campaign, values={"subject": ""})
    save_campaign(campaign=campaign, values={"subject": "Better"})
    cancel_campaign(campaign=campaign)
    drain(later=timedelta(hours=2))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.scheduled_at, len(smtp_server.messages)) == ("draft", None, 0)


def test_what_became_unsound_goes_back_to_the_draft(people, campaign, drain):
    people(1)
    schedule_campaign(campaign=campaign, at=timezone.now() + timedelta(hours=1))
    Campaign.objects.update(html="")
    drain(later=timedelta(hours=2))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.problem) == ("draft", "Write the content.")


def test_pausing_holds_and_resuming_goes_on(people, campaign, smtp_server, drain):
    people(3)
    start_campaign(campaign=campaign)
    run_campaigns(now=timezone.now())
    pause_campaign(campaign=campaign)
    drain()
    assert not smtp_server.messages
    resume_campaign(campaign=campaign)
    drain()
    campaign.refresh_from_db()
    assert (len(smtp_server.messages), campaign.status) == (3, "sent")


def _claimed(action, campaign):
    """`action` comes between a sender's claim and its first hand-over."""
    channel = CHANNELS["email"]()
    from automations.delivery import outbox

    def claim(channel, now, genuine=outbox._claim):
        rows = genuine(channel, now)
        action(campaign=campaign)
        return rows

    outbox_claim, outbox._claim = outbox._claim, claim
    try:
        outbox._deliver(channel, timezone.now)
    finally:
        outbox._claim = outbox_claim


@pytest.mark.parametrize("action", [pause_campaign, cancel_campaign])
def test_what_a_sender_has_claimed_is_held_and_dropped_too(people, campaign, smtp_server, drain, action):
    people(3)
    start_campaign(campaign=campaign)
    run_campaigns(now=timezone.now())
    _claimed(action, campaign)
    drain()
    assert not smtp_server.messages
    if action is pause_campaign:
        resume_campaign(campaign=campaign)
        drain()
        assert len(smtp_server.messages) == 3


def test_cancelling_drops_what_has_not_left(people, campaign, smtp_server, drain, counts):
    people(3)
    start_campaign(campaign=campaign)
    run_campaigns(now=timezone.now())
    pause_campaign(campaign=campaign)
    cancel_campaign(campaign=campaign)
    drain()
    campaign.refresh_from_db()
    assert (campaign.status, len(smtp_server.messages)) == ("cancelled", 0)
    assert counts(campaign) == {"skipped": 3, "skip:cancelled": 3}


def test_recipients_come_in_batches_and_pausing_stops_them(people, campaign, settings):
    settings.CAMPAIGN_BATCH_SIZE = 2
    people(5)
    start_campaign(campaign=campaign)
    now = timezone.now()
    for expected in (2, 4):
        run_campaigns(now=now)
        assert Delivery.objects.count() == expected
    pause_campaign(campaign=campaign)
    run_campaigns(now=now)
    assert Delivery.objects.count() == 4
    resume_campaign(campaign=campaign)
    run_campaigns(now=now)
    campaign.refresh_from_db()
    assert (Delivery.objects.count(), campaign.recipients) == (5, 5)
    assert campaign.expanded_at


def test_nothing_due_costs_one_query(campaign, django_assert_num_queries):
    schedule_campaign(campaign=_complete(campaign), at=timezone.now() + timedelta(hours=1))
    with django_assert_num_queries(1):
        run_campaigns(now=timezone.now())


def _complete(campaign):
    subscribe_contacts(contacts=ContactFactory(), list=campaign.lists.get())
    return campaign


def test_a_single_e_mail_does_not_wait_behind_a_campaign(queue, people, news, settings, smtp_server, deliver):
    settings.EMAIL_RATE_PER_MINUTE = 4
    people(10)
    start_campaign(campaign=build_campaign(lists=[news]))
    run_campaigns(now=timezone.now())
    others = [ContactFactory(email=f"single{n}@example.com") for n in range(3)]
    subscribe_contacts(contacts=[row.pk for row in others], list=news)
    queue(contacts=others)
    deliver()
    got = [address.startswith("single") for address in smtp_server.recipients()]
    assert (len(got), sum(got)) == (4, 2), "half of the rate each"
    deliver(timedelta(minutes=2))
    got = [address.startswith("single") for address in smtp_server.recipients()]
    assert (len(got), sum(got)) == (8, 3), "and what one leaves free the other takes"


def test_an_unsubscription_belongs_to_its_campaign(people, campaign, smtp_server, drain, counts, client):
    (person,) = people(1)
    start_campaign(campaign=campaign)
    drain()
    url = smtp_server.messages[0].message["List-Unsubscribe"].strip("<>")
    path = "/" + url.split("/", 3)[3]
    client.get(path)
    assert "unsubscribe" not in counts(campaign)
    client.post(path, {"List-Unsubscribe": "One-Click"})
    client.post(path, {"List-Unsubscribe": "One-Click"})
    assert counts(campaign) == {"sent": 1, "unsubscribe": 1}
    activity = EmailActivity.objects.get(action="unsubscribe")
    assert (activity.contact, activity.campaign, activity.detail) == (person, campaign, "News")


def test_a_link_of_before_still_leads_out(people, news, client):
    (person,) = people(1)
    url = reverse("contacts:unsubscribe", args=[make_token(person, "unsubscribe", [news.pk])])
    client.post(url, {"action": "leave"})
    assert person.subscriptions.get().status == "unsubscribed"
    assert not EmailActivity.objects.exists()


@pytest.mark.parametrize("first_sent", [True, False])
def test_two_who_become_one_get_it_once(people, campaign, smtp_server, drain, first_sent):
    keep, drop = people(2)
    start_campaign(campaign=campaign)
    run_campaigns(now=timezone.now())
    if first_sent:
        Delivery.objects.filter(contact=drop).update(status="sent", sent_at=timezone.now())
    merge_contacts(keep=keep, drop=drop)
    drain()
    assert len(smtp_server.messages) == (0 if first_sent else 1)
    assert Delivery.objects.filter(contact=keep).count() == 1


def test_what_a_campaign_goes_to_is_not_deleted(people, news, tagged, smtp_server, drain):
    people(1)
    campaign = build_campaign(lists=[news], segment=tagged[1], name="Needs them")
    for record in (news, tagged[1]):
        with pytest.raises(InUse, match="the campaign “Needs them”"):
            delete_unused(record=record)
    tag_contacts(contacts=Contact.objects.all(), tag=tagged[0])
    start_campaign(campaign=campaign)
    drain()
    Segment.objects.filter(name="Outer").delete()
    tagged[1].delete()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.segment) == ("sent", None)


def test_a_copy_is_a_draft(people, campaign, smtp_server, drain):
    people(1)
    start_campaign(campaign=campaign)
    drain()
    copy = duplicate_campaign(campaign=Campaign.objects.get(pk=campaign.pk))
    assert (copy.name, copy.status, copy.subject) == ("Copy of Spring", "draft", campaign.subject)
    assert list(copy.lists.all()) == list(campaign.lists.all())
    delete_campaign(campaign=copy)
    assert Campaign.objects.count() == 1


def test_a_test_goes_to_the_team_only(people, campaign, smtp_server):
    (person,) = people(1)
    UserFactory(email="colleague@example.com")
    assert send_test(content=campaign, contact=person, addresses=["Colleague@example.com"])
    (message,) = smtp_server.messages
    assert (message.subject, message.recipients) == ("[Test] Hello Ada", ("colleague@example.com",))
    for addresses in ([], [person.email], ["nonsense"], [f"u{n}@example.com" for n in range(11)]):
        with pytest.raises(ValidationError) as error:
            send_test(content=campaign, contact=person, addresses=addresses)
        assert fields(error) == {"addresses"}
    smtp_server.refuse(550, "no such user", at="rcpt")
    with pytest.raises(ValidationError, match="no such user"):
        send_test(content=campaign, contact=person, addresses=["colleague@example.com"])


def test_rolled_up_counts_say_the_same(people, campaign, smtp_server, drain, counts):
    people(4)
    start_campaign(campaign=campaign)
    drain()
    before = counts(campaign)
    assert roll_up_counts() == 3
    assert counts(campaign) == before == {"sent": 4}
    assert roll_up_counts() == 0


def test_templates_have_a_name_of_their_own(db):
    save_template(values={"name": "Letter", "html": "<p>x</p>"})
    with pytest.raises(ValidationError) as error:
        save_template(values={"name": "letter"})
    assert "exists already" in str(error.value)
