"""What stands behind an e-mail that went out: its campaign, its record, what was done with it."""

from datetime import timedelta

import pytest

from automations.models import Automation
from automations.services import publish, update_step
from contacts.models import Campaign, CampaignCount, EmailActivity, SentEmail
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person
from tests.factories import ContactFactory


@pytest.fixture
def sent(queue, deliver, smtp_server, lists):
    """One e-mail that has arrived."""

    def make(**options):
        (delivery,) = queue(**options)
        deliver()
        return SentEmail.objects.get(reference=delivery.pk)

    return make


@pytest.fixture
def lists(news):
    return [news.pk]


def counts(campaign):
    rows = CampaignCount.objects.filter(campaign=campaign).order_by("metric")
    return {row.metric: row.amount for row in rows}


def test_publishing_names_the_e_mails_of_an_automation(queue, db):
    queue()
    campaign = Campaign.objects.get()
    assert (campaign.kind, campaign.name) == ("automation", "Automation: Hello {{ contact.first_name }}")
    automation = Automation.objects.get()
    update_step(step=automation.steps.get(), settings={"subject": "Good morning", "html": "<p>x</p>"})
    publish(automation=automation)
    assert Campaign.objects.get().name == "Automation: Good morning"


def test_an_e_mail_leaves_its_record(sent, lists):
    email = sent(lists=lists)
    assert (email.address, email.subject, email.lists) == ("p0@example.com", "Hello Ada", lists)
    assert email.sent_at
    assert email.message_id.startswith("<delivery-")
    assert counts(email.campaign) == {"sent": 1}


def test_one_record_however_often_it_is_tried(queue, deliver, smtp_server, ledger):
    queue()
    smtp_server.refuse(450, "later", times=1)
    deliver()
    (first,) = SentEmail.objects.all()
    assert (ledger().statuses, first.sent_at) == (["pending"], None)
    deliver(timedelta(minutes=2))
    (second,) = SentEmail.objects.all()
    assert (first.pk, ledger().statuses) == (second.pk, ["sent"])
    assert counts(second.campaign) == {"sent": 1}


def test_a_click_is_an_open_and_the_first_is_counted_apart(sent):
    email = sent()
    for _time in range(2):
        record_email_activity(email=email, action=EmailAction.CLICK)
    actions = list(EmailActivity.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["open", "click", "click"]
    email.refresh_from_db()
    assert email.opened_at
    assert email.clicked_at
    totals = {row.metric: 0 for row in CampaignCount.objects.all()}
    for row in CampaignCount.objects.all():
        totals[row.metric] += row.amount
    assert totals == {"sent": 1, "open": 1, "open_first": 1, "click": 2, "click_first": 1}


def test_a_machine_opens_nothing(sent):
    email = sent()
    record_email_activity(email=email, action=EmailAction.OPEN, machine=True)
    email.refresh_from_db()
    assert email.opened_at is None
    assert counts(email.campaign) == {"sent": 1, "open_machine": 1}


def test_without_its_contact_it_is_only_counted(sent):
    email = sent()
    erase_person(contact=email.contact)
    email.refresh_from_db()
    assert (email.contact_id, email.address, email.subject, email.message_id) == (None, "", "", "")
    assert record_email_activity(email=email, action=EmailAction.OPEN) is None
    assert counts(email.campaign)["open"] == 1


def test_a_merge_takes_the_e_mails_along(sent):
    email = sent()
    record_email_activity(email=email, action=EmailAction.OPEN)
    keep = ContactFactory()
    merge_contacts(keep=keep, drop=email.contact)
    email.refresh_from_db()
    assert email.contact == keep
    assert EmailActivity.objects.get().contact == keep


@pytest.mark.parametrize(("given", "kept"), [({}, True), ({"track_opens": False}, False)])
def test_opens_are_counted_unless_said_otherwise(queue, given, kept):
    queue(email=given)
    assert Automation.objects.get().steps.get().track_opens is kept
