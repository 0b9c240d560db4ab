"""send_personal_email: from whose mailbox, what stands in it, once, and what becomes of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.delivery.outbox import deliver_due, reap_leases
from automations.models import Delivery, StepLog
from automations.services import publish, update_step
from contacts.models import Campaign, SentEmail
from contacts.services import tag_contacts
from deals.models import Mailbox, PersonalEmail
from deals.services.mailboxes import save_mailbox
from tests.automations.conftest import build_automation
from tests.automations.mail.conftest import clicks
from tests.deals.mailboxes import mailbox_values, make_deal, written
from tests.factories import ContactFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db
LETTER = {
    "name": "Follow-up",
    "subject": "Dear {{ contact.first_name }}",
    "body": "Hello {{ contact.first_name }},\n\nhttps://example.com/{{ contact.id }}",
}


@pytest.fixture
def ann():
    return ContactFactory(email="ann@example.org", first_name="Ann")


@pytest.fixture
def send(post, drain):
    """Let these contacts come to the step."""

    def run(*contacts, **settings):
        tag = TagFactory()
        step = {**LETTER, "sender": "mailbox", "mailbox": post.mailbox.pk, **settings}
        automation = build_automation(
            triggers=[("tag_added", {"tags": [tag.pk]})], steps=[("send_personal_email", step)]
        )
        tag_contacts(contacts=[contact.pk for contact in contacts], tag=tag)
        drain()
        post.deliver()
        return automation

    return run


def outcomes(automation):
    rows = StepLog.objects.filter(enrollment__automation=automation).exclude(step_key="")
    return list(rows.order_by("pk").values_list("outcome", "detail"))


def test_sends_from_one_mailbox(post, send, ann):
    automation = send(ann)
    got = post.last()
    assert (got.message["From"], got.subject) == ("Sue Seller <sue@example.com>", "Dear Ann")
    assert "Hello Ann," in got.body("html") and len(clicks(got)) == 1
    row = PersonalEmail.objects.get()
    assert (row.sent_from, row.contact, row.mailbox, row.user) == (
        "automation",
        ann,
        post.mailbox,
        post.mailbox.user,
    )
    assert f'href="https://example.com/{ann.pk}"' in row.html and "data-tracked" not in row.html
    campaign = Campaign.objects.get(kind="personal")
    assert campaign.name == f"{automation.name}: Follow-up" and row.email.campaign == campaign
    post.answer("Yes")
    assert PersonalEmail.objects.filter(direction="in", thread=row.thread).count() == 1


def test_many_cost_as_much_as_few(post, send, django_assert_max_num_queries):
    with django_assert_max_num_queries(400):
        send(*[ContactFactory() for _n in range(3)])
    few = [ContactFactory() for _n in range(20)]
    send(*few)
    assert len(post.smtp.messages) == 23


def test_from_the_owner_of_the_deal_or_of_the_contact(post, send, ann, own_smtp, imap_server, drain):
    other = UserFactory(username="tom")
    values = mailbox_values(own_smtp, imap_server, name="Tom's", address="tom@example.com", imap_user="tom")
    save_mailbox(mailbox=Mailbox(user=other), values=values)
    ann.owner = other
    ann.save()
    send(ann, sender="owner", mailbox=None)
    assert post.last().sender == "tom@example.com"
    # In an automation that a deal has started, the deal's owner counts.
    build_automation(
        name="Deals",
        triggers=[("sentiment_changed", {})],
        steps=[("send_personal_email", {**LETTER, "sender": "owner"})],
    )
    deal = make_deal(ann, owner=post.mailbox.user)
    post.receive(written(ann.email, "This is terrible!"))
    drain()
    post.deliver()
    assert post.last().sender == "sue@example.com"
    assert PersonalEmail.objects.filter(direction="out").latest("pk").deal == deal


def test_without_a_mailbox_nothing_is_sent_and_it_says_so(post, send, ann):
    automation = send(ann, sender="owner", mailbox=None)
    assert outcomes(automation)[0] == ("nothing_to_do", "the owner has no mailbox")
    assert not post.smtp.messages


def test_a_mailbox_that_was_disconnected_after_publishing(post, drain, ann):
    tag = TagFactory()
    step = {**LETTER, "sender": "mailbox", "mailbox": post.mailbox.pk}
    automation = build_automation(
        triggers=[("tag_added", {"tags": [tag.pk]})], steps=[("send_personal_email", step)]
    )
    Mailbox.objects.update(is_active=False)
    tag_contacts(contacts=ann, tag=tag)
    drain()
    assert outcomes(automation)[0] == ("nothing_to_do", "the mailbox is not connected")
    assert not Delivery.objects.exists()


def test_nothing_is_lost_or_doubled_by_a_crash(post, send, ann, monkeypatch):
    """The sender dies right after the server has taken it; nobody sends it again."""
    from automations.delivery import outbox

    def die(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "_settle", die)
    with pytest.raises(KeyboardInterrupt):
        send(ann)
    monkeypatch.undo()
    later = timezone.now() + timedelta(minutes=10)
    reap_leases(now=later)
    deliver_due(now=lambda: later)
    assert len(post.smtp.messages) == 1
    assert Delivery.objects.get().status == "uncertain"
    assert SentEmail.objects.count() == PersonalEmail.objects.count() == 1
    post.answer("I got it.")
    assert PersonalEmail.objects.filter(direction="in").count() == 1


def test_renaming_keeps_what_triggers_name(post, send, ann):
    automation = send(ann)
    before = Campaign.objects.get(kind="personal").pk
    update_step(step=automation.steps.get(), settings={**automation.steps.get().settings(), "name": "Reminder"})
    publish(automation=automation)
    campaign = Campaign.objects.get(kind="personal")
    assert campaign.pk == before and campaign.name.endswith("Reminder")


def test_a_mailbox_in_use_stays(post, send, ann):
    from contacts.services.usage import InUse
    from deals.services.mailboxes import delete_mailbox

    send(ann)
    with pytest.raises(InUse):
        delete_mailbox(mailbox=post.mailbox)
