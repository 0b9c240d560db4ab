"""The triggers of personal e-mails, each by what a person really does: near misses for every option."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from automations.engine.index import touch_index
from automations.models import Account
from automations.services import add_trigger, publish
from automations.services.publishing import PublishError
from automations.triggers import TRIGGERS
from contacts.models import Campaign
from contacts.services import tag_contacts
from deals.services.attachments import store_attachment
from tests.automations.conftest import build_automation, passes
from tests.automations.mail.conftest import clicks, fetch, files, pixel
from tests.deals.mailboxes import make_deal, written
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db
OFFER = "https://example.com/Offer/{{ contact.id }}"
LINKS = f'<a href="{OFFER}">offer</a> <a href="https://example.com/help">help</a>'


@pytest.fixture
def ann():
    return ContactFactory(email="ann@example.org", first_name="Ann")


@pytest.fixture
def automated(post, drain):
    """`automated(contact, "Follow-up")` lets an automation of that name send its personal e-mail; its campaign."""
    made = {}

    def send(contact, name, deal=None):
        if name not in made:
            tag = TagFactory()
            step = {"name": name, "sender": "mailbox", "mailbox": post.mailbox.pk, "subject": name, "body": LINKS}
            automation = build_automation(
                name=name, triggers=[("tag_added", {"tags": [tag.pk]})], steps=[("send_personal_email", step)]
            )
            made[name] = tag, Campaign.objects.get(origin_key__startswith=f"automation:{automation.pk}:")
        tag, campaign = made[name]
        tag_contacts(contacts=contact, tag=tag)
        drain()
        post.deliver()
        return campaign

    return send


def listening(slug, /, **settings):
    return build_automation(name=f"Listens to {slug}", triggers=[(slug, settings)])


def account(**values):
    Account.objects.update_or_create(pk=Account.current().pk, defaults=values)
    touch_index()


def send_from(post, contact, place):
    """Somebody writes to the contact from there."""
    deal = make_deal(contact) if place in ("deal", "deal without a mailbox") else None
    account = None
    if place == "account":
        from contacts.models import Account as Company

        account = Company.objects.create(name="Example Ltd")
        account.contacts.add(contact)
    mailbox = None if place.endswith("without a mailbox") else post.mailbox
    values = {"deal": deal, "account": account, "from_overview": place == "overview", "mailbox": mailbox}
    return post.write(contact, LINKS, **values)


PLACES = [
    # where it was written, whether opening, clicking and answering it counts
    ("automation", True, True, True),
    ("deal", True, True, True),
    ("contact", True, False, False),
    ("overview", True, False, False),
    ("account", True, False, False),
    ("deal without a mailbox", True, False, False),
    ("contact without a mailbox", True, False, False),
]


@pytest.mark.parametrize(("place", "opens", "follows", "answers"), PLACES)
def test_where_it_was_sent_from(post, automated, smtp_server, ann, place, opens, follows, answers):
    listeners = {
        kind: listening(kind, kind="personal") for kind in ("email_opened", "email_link_clicked", "email_replied")
    }
    if place == "automation":
        automated(ann, "Follow-up")
    else:
        send_from(post, ann, place)
    got = (smtp_server if place.endswith("without a mailbox") else post.smtp).messages[-1]
    fetch(pixel(got))
    assert passes(listeners["email_opened"]) == ([ann.email] if opens else [])
    fetch(clicks(got)[0])
    assert passes(listeners["email_link_clicked"]) == ([ann.email] if follows else [])
    post.answer(to=got)
    assert passes(listeners["email_replied"]) == ([ann.email] if answers else [])


def test_machines_open_and_click_nothing(post, ann, client):
    opened, clicked = listening("email_opened", kind="personal"), listening("email_link_clicked", kind="personal")
    send_from(post, ann, "deal")
    client.get(pixel(post.last()), headers={"User-Agent": "Mozilla/5.0"})
    client.get(clicks(post.last())[0], headers={"User-Agent": "BarracudaCentral"})
    client.head(clicks(post.last())[0])
    assert passes(opened) == passes(clicked) == []
    fetch(clicks(post.last())[0])  # a click is an open too
    assert passes(opened) == passes(clicked) == [ann.email]


def test_automatic_answers_are_none(post, ann):
    replied = listening("email_replied", kind="personal")
    send_from(post, ann, "deal")
    post.answer("I am away.", Auto_Submitted="auto-replied")
    post.receive(written(ann.email, "Another matter"))
    assert passes(replied) == []
    post.answer("Yes.")
    assert passes(replied) == [ann.email]


@pytest.mark.parametrize("kind", ["email_opened", "email_link_clicked", "email_replied"])
def test_one_automated_e_mail_by_name(post, automated, ann, kind):
    bob = ContactFactory(email="bob@example.org")
    wanted = automated(ContactFactory(), "Wanted")
    one = listening(kind, kind="personal", personal=wanted.pk)

    def act():
        got = post.last()
        fetch(pixel(got))
        fetch(clicks(got)[0])
        post.answer(to=got)

    automated(bob, "Another")
    act()
    send_from(post, bob, "deal")
    act()
    assert passes(one) == []
    automated(ann, "Wanted")
    act()
    assert passes(one) == [ann.email]
    assert "Wanted" in one.triggers.get().describe()


URLS = [
    ("", 0, True),
    ("https://example.com/help", 1, True),
    ("https://example.com/help/", 1, True),
    ("HTTPS://EXAMPLE.com/help", 1, True),
    ("https://example.com/help", 0, False),
    ("https://example.com/HELP", 1, False),
    ("https://example.com/help?a=1", 1, False),
    ("https://example.com/", 1, False),
]


@pytest.mark.parametrize(("url", "link", "entered"), URLS)
def test_one_link_by_its_address(post, ann, url, link, entered):
    one = listening("email_link_clicked", kind="personal", url=url)
    send_from(post, ann, "deal")
    fetch(clicks(post.last())[link])
    assert passes(one) == ([ann.email] if entered else [])


def test_one_link_as_it_is_written_or_as_it_leads(post, automated, ann):
    automated(ContactFactory(), "Follow-up")
    as_written = listening("email_link_clicked", kind="personal", url=OFFER)
    leads = listening("email_link_clicked", kind="personal", url=f"https://example.com/Offer/{ann.pk}")
    automated(ann, "Follow-up")
    fetch(clicks(post.last())[0])
    assert passes(as_written) == passes(leads) == [ann.email]


def test_other_kinds_and_personal_ones_stay_apart(post, ann):
    campaigns, personal = listening("email_opened"), listening("email_opened", kind="personal")
    send_from(post, ann, "contact")
    fetch(pixel(post.last()))
    assert (passes(campaigns), passes(personal)) == ([], [ann.email])


def test_bad_settings_are_refused():
    from django.core.exceptions import ValidationError

    automation = build_automation()
    for kind, settings, field in [
        ("email_opened", {"kind": "personal", "personal": 999_999}, "personal"),
        ("email_link_clicked", {"kind": "personal", "url": "example.com"}, "url"),
        ("email_link_clicked", {"kind": "personal", "url": "javascript:alert(1)"}, "url"),
        ("email_opened", {"kind": "personal", "personal": Campaign.objects.create(name="News").pk}, "personal"),
        ("sentiment_changed", {"old": "angry"}, "old"),
        ("sentiment_changed", {"old": "mixed", "new": "mixed"}, "new"),
        ("file_downloaded", {"name_is": "like"}, "name_is"),
        ("file_downloaded", {"date_is": "on", "day": "2026-02-30"}, "day"),
    ]:
        with pytest.raises(ValidationError) as error:
            add_trigger(automation=automation, type=kind, settings=settings)
        assert field in error.value.message_dict, kind


ADD_ONS = [
    ("email_opened", {"kind": "personal"}, {"pipelines": True, "sales_engagement": True, "transactional": False}),
    ("email_replied", {"kind": "personal"}, {"pipelines": True, "sales_engagement": True, "transactional": False}),
    ("file_downloaded", {}, {"pipelines": True, "sales_engagement": True, "transactional": False}),
    ("sentiment_changed", {}, {"pipelines": False, "sales_engagement": True, "transactional": False}),
]


@pytest.mark.parametrize(("kind", "settings", "included"), ADD_ONS)
def test_comes_with_add_ons(kind, settings, included):
    automation = listening(kind, **settings)
    for addon, enough in included.items():
        account(plan="enterprise", addons=[addon])
        if enough:
            publish(automation=automation)
        else:
            with pytest.raises(PublishError):
                publish(automation=automation)


# --- file_downloaded ---


def give_file(post, contact, name="Offer.pdf", place="deal", client=None):
    """A file is sent from there and fetched by the contact."""
    file = store_attachment(file=ContentFile(b"x"), name=name, user_id=post.mailbox.user_id)
    mailbox = None if place.endswith("without a mailbox") else post.mailbox
    deal = make_deal(contact) if place.startswith("deal") else None
    row = post.write(contact, "See the file", attachments=[file], mailbox=mailbox, deal=deal,
                     from_overview=place == "overview")  # fmt: skip
    client.post(f"/a/{_token(file)}/")
    return row


def _token(file):
    from contacts.mail_tokens import make_token

    return make_token("attachment", file.pk)


@pytest.mark.parametrize(
    ("place", "entered"),
    [
        ("deal", True), ("contact", True), ("overview", False), ("deal without a mailbox", False),
        ("contact without a mailbox", False),
    ],
)  # fmt: skip
def test_files_of_e_mails_from_records_through_mailboxes(post, smtp_server, ann, client, place, entered):
    automation = listening("file_downloaded")
    give_file(post, ann, place=place, client=client)
    assert passes(automation) == ([ann.email] if entered else [])


NAMES = [
    ("is", "offer.pdf", True), ("is", "Offer", False), ("is", "offer.PDF", True),
    ("is_not", "offer.pdf", False), ("is_not", "offer", True),
    ("contains", "ffer", True), ("contains", "bid", False),
    ("not_contains", "ffer", False), ("not_contains", "bid", True),
    ("starts", "off", True), ("starts", "ffer", False),
    ("not_starts", "off", False), ("not_starts", "ffer", True),
    ("ends", ".pdf", True), ("ends", "offer", False),
    ("not_ends", ".pdf", False), ("not_ends", "offer", True),
]  # fmt: skip


def test_by_the_files_name(post, ann, client):
    automations = {
        (op, name): (listening("file_downloaded", name_is=op, name=name), entered) for op, name, entered in NAMES
    }
    give_file(post, ann, client=client)
    wrong = [key for key, (one, entered) in automations.items() if bool(passes(one)) != entered]
    assert not wrong


def test_by_the_day_in_the_accounts_time_zone(post, ann, client):
    account(time_zone="America/New_York")
    tomorrow = timezone.now().date() + timedelta(days=1)
    night = f"{tomorrow.isoformat()}T03:00:00+00:00"  # still today in New York
    today = tomorrow - timedelta(days=1)
    cases = {
        ("before", tomorrow): True, ("before", today): False, ("on", today): True, ("on", tomorrow): False,
        ("after", today): False, ("after", today - timedelta(days=1)): True,
    }  # fmt: skip
    made = {case: listening("file_downloaded", date_is=case[0], day=case[1].isoformat()) for case in cases}
    file = store_attachment(file=ContentFile(b"x"), name="a.pdf", user_id=post.mailbox.user_id)
    post.write(ann, "See the file", attachments=[file])
    with time_machine.travel(night, tick=False):
        client.post(f"/a/{_token(file)}/")
    assert {case: bool(passes(one)) for case, one in made.items()} == cases


def test_looking_at_the_page_of_a_file_is_no_download(post, ann):
    automation = listening("file_downloaded")
    file = store_attachment(file=ContentFile(b"x"), name="a.pdf", user_id=post.mailbox.user_id)
    post.write(ann, "See the file", attachments=[file])
    fetch(files(post.last())[0])
    assert passes(automation) == []


def test_the_one_who_fetched_it_enters_or_the_contacts_of_the_deal(post, ann, client):
    bob = ContactFactory(email="bob@example.org")
    one, everyone = listening("file_downloaded"), listening("file_downloaded", who="record")
    file = store_attachment(file=ContentFile(b"x"), name="a.pdf", user_id=post.mailbox.user_id)
    post.write(ann, "See the file", attachments=[file], deal=make_deal(bob, ann))
    client.post(f"/a/{_token(file)}/")
    assert (passes(one), passes(everyone)) == ([ann.email], [ann.email, bob.email])
    assert one.enrollments.get().event["record"][0] == "deals.deal"


@pytest.mark.parametrize("slug", ["file_downloaded", "sentiment_changed"])
def test_the_catalogue_calls_them_multi_contact(slug):
    assert TRIGGERS[slug].multi_contact and json.dumps(str(TRIGGERS[slug].label))
