"""email_opened and email_link_clicked: an e-mail that arrived by SMTP, its pixel and links fetched from a live
server; a near miss for each option."""

import re
import time
import urllib.error
import urllib.request

import pytest
from django.utils import timezone

from automations.engine.index import touch_index
from automations.models import Account, Delivery
from automations.services import activate, add_trigger, publish
from automations.services.snapshots import snapshot_of
from automations.triggers.email_opened import EmailOpenedTrigger
from contacts.models import Campaign, CampaignLink, EmailActivity, List, SentEmail
from contacts.models.engagement import EmailAction, EmailKind
from contacts.services import subscribe_contacts
from contacts.services.engagement import record_email_activity
from tests.automations.conftest import build_automation, passes
from tests.automations.delivery.conftest import advance
from tests.factories import ContactFactory, ListFactory, TagFactory
from tests.peers.http import Answer

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
APPLE_RELAY = "Mozilla/5.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
MINE = "https://example.com/{{ contact.id }}"
HTML = '<p><a href="https://example.com/shop">shop</a> <a href="https://example.com/{{ contact.id }}">mine</a></p>'


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def fetch(url, agent=BROWSER, method="GET"):
    """(status, Location) of a live server's answer; the redirect is not followed."""
    request = urllib.request.Request(url, headers={"User-Agent": agent}, method=method)
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=10) as answer:
            return answer.status, answer.headers.get("Location", "")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", "")


def links_of(received, server):
    """(pixel, links) of a message that arrived, on the live server."""
    html = received.body("html")
    here = [re.sub(r"^https?://[^/]+", server.url, url) for url in re.findall(r'(?:href|src)="([^"]+)"', html)]
    return next(url for url in here if "/o/" in url), [url for url in here if "/c/" in url]


@pytest.fixture
def mailing(smtp_server):
    """Sends an automation's e-mail to new contacts; (received message, contact, campaign), sent an hour ago."""
    from automations.delivery.outbox import deliver_due
    from contacts.services import tag_contacts

    made = {}

    def send(name, email, lists=(), html=HTML):
        if name not in made:
            tag = TagFactory()
            automation = build_automation(
                name=name, triggers=[("tag_added", {"tags": [tag.pk]})],
                steps=[("send_email", {"subject": name, "html": html})],
            )  # fmt: skip
            automation.lists.set(lists)
            made[name] = automation, tag
        automation, tag = made[name]
        contact = ContactFactory(email=email)
        subscribe_contacts(contacts=contact, list=(list(lists) or [ListFactory()])[0])
        tag_contacts(contacts=contact, tag=tag)
        advance()
        smtp_server.clear()
        deliver_due(now=timezone.now)
        (received,) = smtp_server.messages
        campaign = Campaign.objects.get(origin_key__startswith=f"automation:{automation.pk}:")
        SentEmail.objects.update(sent_at=timezone.now() - timezone.timedelta(hours=1))
        return received, contact, campaign

    return send


# settings by name, which e-mail, what is done, enters
OPENED = [
    ({"scope": "any"}, "News", "open", True),
    ({"scope": "any"}, "News", "click", True),
    ({"scope": "any"}, "News", "relay", False),
    ({"scope": "any"}, "News", "head", False),
    ({"scope": "any"}, "News", "gmail", True),
    ({"scope": "any"}, "News", "scanner", False),
    ({"scope": "campaign", "campaign": "News"}, "News", "open", True),
    ({"scope": "campaign", "campaign": "News"}, "Offer", "open", False),
    ({"scope": "any_list"}, "News", "open", True),
    ({"scope": "any_list"}, "Plain", "open", False),
    ({"scope": "list", "list": "Readers"}, "News", "open", True),
    ({"scope": "list", "list": "Readers"}, "Offer", "open", False),
    ({"scope": "list", "list": "Readers"}, "Plain", "open", False),
    ({"kind": "transactional"}, "News", "open", False),
]
CLICKED = [
    ({"scope": "any"}, "News", "click", True),
    ({"scope": "any"}, "News", "open", False),
    ({"scope": "any"}, "News", "scanner", False),
    ({"scope": "any"}, "News", "head click", False),
    ({"scope": "campaign", "campaign": "News"}, "News", "click", True),
    ({"scope": "campaign", "campaign": "News"}, "Offer", "click", False),
    ({"scope": "campaign", "campaign": "News", "link": "https://example.com/shop"}, "News", "click", True),
    ({"scope": "campaign", "campaign": "News", "link": "https://example.com/shop"}, "News", "click mine", False),
    ({"scope": "campaign", "campaign": "News", "link": MINE}, "News", "click mine", True),
    ({"scope": "any_list"}, "News", "click", True),
    ({"scope": "any_list"}, "Plain", "click", False),
    ({"scope": "list", "list": "Readers"}, "News", "click", True),
    ({"scope": "list", "list": "Readers"}, "Offer", "click", False),
]  # fmt: skip


def act(what, received, server):
    pixel, (shop, mine) = links_of(received, server)
    url, agent, method = {
        "open": (pixel, BROWSER, "GET"),
        "relay": (pixel, APPLE_RELAY, "GET"),
        "gmail": (pixel, GMAIL, "GET"),
        "head": (pixel, BROWSER, "HEAD"),
        "click": (shop, BROWSER, "GET"),
        "click mine": (mine, BROWSER, "GET"),
        "head click": (shop, BROWSER, "HEAD"),
        "scanner": (shop, "Barracuda Sentinel (EE)", "GET"),
    }[what]
    status, location = fetch(url, agent, method)
    assert status == (200 if "/o/" in url else 302)
    assert location in ("", "https://example.com/shop") or location.startswith("https://example.com/")


def _ids(settings, lists):
    given = dict(settings)
    if "campaign" in given:
        given["campaign"] = Campaign.objects.get(name=f"{given['campaign']}: {given['campaign']}").pk
    if "link" in given:
        given["link"] = CampaignLink.objects.get(campaign=given["campaign"], url=given["link"]).pk
    if "list" in given:
        given["list"] = lists[given["list"]].pk
    return given


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "table"), [("email_opened", OPENED), ("email_link_clicked", CLICKED)])
def test_over_smtp_and_http(kind, table, server, mailing) -> None:
    """One server for the whole table: each row has its own contact and automation."""
    lists = {name: List.objects.create(name=name) for name in ("Readers", "Buyers")}
    of = {"News": [lists["Readers"]], "Offer": [lists["Buyers"]], "Plain": []}
    for name, on in of.items():
        mailing(name, f"first-{name}@example.com", on)
    wanted, found = {}, {}
    for number, (settings, name, what, enters) in enumerate(table):
        automation = build_automation(name=f"Row {number}", triggers=[(kind, _ids(settings, lists))])
        received, contact, _campaign = mailing(name, f"c{number}@example.com", of[name])
        act(what, received, server)
        wanted[number], found[number] = ([contact.email] if enters else []), passes(automation)
        automation.is_active = False
        automation.save()
        touch_index()
    assert found == wanted


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_click_in_the_browser_lands_on_the_target(server, mailing, http_target, chromium) -> None:
    http_target.default = Answer(body=b"<h1>Here</h1>", headers=(("Content-Type", "text/html"),))
    automation = build_automation(triggers=[("email_link_clicked", {"scope": "any"})])
    landing = f"{http_target.url}/landed?who={{{{ contact.first_name }}}}"
    received, contact, _campaign = mailing("News", "ann@example.com", html=f'<p><a href="{landing}">x</a></p>')
    page = chromium.new_context(user_agent=BROWSER).new_page()
    _pixel, (link,) = links_of(received, server)
    page.goto(link)
    assert page.url == f"{http_target.url}/landed?who=Ada"
    assert page.inner_text("h1") == "Here"
    page.context.close()
    assert passes(automation) == [contact.email]
    done = list(EmailActivity.objects.order_by("pk").values_list("action", "machine"))
    assert done == [("open", False), ("click", False)]
    assert CampaignLink.objects.get().url == landing


@pytest.mark.django_db(transaction=True)
def test_a_held_click_starts_once_the_worker_has_settled_it(server, mailing, worker) -> None:
    automation = build_automation(triggers=[("email_link_clicked", {"scope": "any"})])
    received, contact, _campaign = mailing("News", "ann@example.com")
    SentEmail.objects.update(sent_at=timezone.now() - timezone.timedelta(seconds=10))
    _pixel, (shop, _mine) = links_of(received, server)
    fetch(shop)
    assert passes(automation) == []
    from contacts.models import HeldClick

    HeldClick.objects.update(due_at=timezone.now())
    worker.start()
    from automations.engine.wake import wake_worker

    wake_worker()
    deadline = time.monotonic() + 30
    while not passes(automation):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert passes(automation) == [contact.email]


# --- The transactional option ---------------------------------------------------------------------

DETAILS = {"server": "Shop", "stream": "outbound", "tag": "Receipt"}
SUBJECT = "Your receipt 12"
TRANSACTIONAL = [
    ({}, True),
    ({"server": "shop"}, True),
    ({"server": "Shop 2"}, False),
    ({"stream": "outbound"}, True),
    ({"stream": "broadcast"}, False),
    ({"which": "tag", "which_op": "is", "which_text": "receipt"}, True),
    ({"which": "tag", "which_op": "is", "which_text": "rec"}, False),
    ({"which": "tag", "which_op": "contains", "which_text": "ceip"}, True),
    ({"which": "tag", "which_op": "contains", "which_text": "12"}, False),
    ({"which": "subject", "which_op": "starts", "which_text": "your"}, True),
    ({"which": "subject", "which_op": "starts", "which_text": "receipt"}, False),
    ({"which": "subject", "which_op": "ends", "which_text": "12"}, True),
    ({"which": "subject", "which_op": "ends", "which_text": "13"}, False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("settings", "enters"), TRANSACTIONAL)
def test_transactional(settings, enters) -> None:
    automation = build_automation(triggers=[("email_opened", {"kind": "transactional", **settings})])
    contact = ContactFactory()
    email = SentEmail.objects.create(
        kind=EmailKind.TRANSACTIONAL, contact=contact, subject=SUBJECT, details=DETAILS, message_id="x"
    )
    record_email_activity(email=email, action=EmailAction.OPEN)
    assert passes(automation) == ([contact.email] if enters else [])


@pytest.mark.django_db
def test_transactional_is_an_add_on() -> None:
    from django.core.exceptions import ValidationError

    automation = build_automation(triggers=[("email_opened", {"kind": "transactional"})])
    account = Account.current()
    account.plan, account.addons = "enterprise", []
    account.save()
    email = SentEmail.objects.create(kind=EmailKind.TRANSACTIONAL, contact=ContactFactory(), message_id="x")
    record_email_activity(email=email, action=EmailAction.OPEN)
    assert passes(automation) == []
    with pytest.raises(ValidationError, match="add-on Transactional"):
        add_trigger(automation=automation, type="email_opened", settings={"kind": "transactional"})
    add_trigger(automation=automation, type="email_opened", settings={"kind": "campaign"})
    with pytest.raises(ValidationError, match="add-on Transactional"):
        publish(automation=automation)
    automation.is_active = False
    automation.save()
    with pytest.raises(ValidationError, match="add-on Transactional"):
        activate(automation=automation)


# --- Lists ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_associated_lists() -> None:
    readers, buyers = ListFactory(name="Readers"), ListFactory(name="Buyers")
    campaign = Campaign.objects.create(name="News")
    campaign.lists.set([readers])
    by_settings = {
        "campaign": ({"scope": "campaign", "campaign": campaign.pk}, {readers.pk}),
        "list": ({"scope": "list", "list": buyers.pk}, {buyers.pk}),
        "any": ({"scope": "any"}, set()),
        "any_list": ({"scope": "any_list"}, set()),
    }
    automations = {
        name: build_automation(name=name, triggers=[("email_opened", settings)])
        for name, (settings, _lists) in by_settings.items()
    }
    for name, (_settings, lists) in by_settings.items():
        assert set(automations[name].lists.values_list("pk", flat=True)) == lists, name
    email = SentEmail.objects.create(
        contact=ContactFactory(), campaign=campaign, lists=[readers.pk, buyers.pk], message_id="x"
    )
    record_email_activity(email=email, action=EmailAction.OPEN)
    both = {readers.pk, buyers.pk}
    after = {"campaign": both, "list": {buyers.pk}, "any": both, "any_list": both}
    for name, lists in after.items():
        assert set(automations[name].lists.values_list("pk", flat=True)) == lists, name


@pytest.mark.django_db
def test_what_names_an_e_mail_keeps_it() -> None:
    campaign = Campaign.objects.create(name="News")
    automation = build_automation(triggers=[("email_opened", {"scope": "campaign", "campaign": campaign.pk})])
    (trigger,) = automation.triggers.all()
    assert ("contacts.campaign", campaign.pk) in trigger.references()
    assert snapshot_of(automation)["triggers"][0]["settings"]["campaign"] == campaign.pk
    assert isinstance(trigger, EmailOpenedTrigger)
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_nobody_listening_costs_no_more(django_assert_max_num_queries) -> None:
    """An open: the first time noted, counted, and one row."""
    email = SentEmail.objects.create(
        contact=ContactFactory(), campaign=Campaign.objects.create(name="x"), message_id="x"
    )
    record_email_activity(email=email, action=EmailAction.OPEN)
    with django_assert_max_num_queries(4):  # two of them open and close the transaction
        record_email_activity(email=email, action=EmailAction.OPEN)
