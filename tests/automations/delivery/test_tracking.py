"""Links as they are written, as they go out, and where they lead; the pixel; hostile tokens."""

import base64
import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from automations.delivery.message import build_test, preview
from automations.delivery.tracking import is_web, mark
from automations.models import Automation
from automations.services import publish, update_step
from contacts.engagement_links import click_url, pixel_url, read_click, read_pixel
from contacts.models import (
    Campaign,
    CampaignLink,
    EmailActivity,
    HeldClick,
    SentEmail,
    TrackedDomain,
    TrackingSettings,
)
from contacts.services.clicks import settle_clicks
from tests.automations.delivery.conftest import EMAIL
from tests.factories import ContactFactory

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
OWN = '<a href="{{ links.unsubscribe }}">out</a> <a href="{{ links.preferences }}">p</a>'


def path(url):
    return urlsplit(url).path


# source, the links as written
WRITTEN = [
    ('<a href="https://example.com/">x</a>', ["https://example.com/"]),
    ("<A\n HREF = 'http://example.com/a?b=1&amp;c=2'>x</A>", ["http://example.com/a?b=1&c=2"]),
    ('<a href="https://x.com/{{ contact.id }}?n={{ contact.name | default: "a b" }}">x</a>',
     ['https://x.com/{{ contact.id }}?n={{ contact.name | default: "a b" }}']),
    ('<a class="{% if contact.id > 3 %}b{% endif %}" href="https://x.com">x</a>', ["https://x.com"]),
    ('<a href="{{ contact.fields.url }}">x</a>', ["{{ contact.fields.url }}"]),
    ('<a href="https://x.com/1">a</a><a href="https://x.com/2">b</a><a href="https://x.com/1">c</a>',
     ["https://x.com/1", "https://x.com/2"]),
    ('<map><area href="https://x.com/1"></map>', ["https://x.com/1"]),
    ('<!--[if mso]><a href="https://x.com/1">x</a><![endif]-->', ["https://x.com/1"]),
    ('<a href="mailto:a@example.com">x</a><a href="tel:+33">x</a><a href="#top">x</a><a href="/x">x</a>', []),
    ('<a name="top">x</a><abbr href="https://x.com">x</abbr><link href="https://x.com/a.css">', []),
    ('<a href="https://x.com" data-no-track>x</a><a data-no-track="true" href="https://x.com">x</a>', []),
    ('<a href="https://x.com" data-no-track="false">x</a>', ["https://x.com"]),
    (OWN, []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "urls"), WRITTEN)
def test_links_as_they_are_written(source, urls) -> None:
    assert list(mark(source, "").urls) == urls


TEXTS = [
    ("Look: https://example.com/a?b=1.", ["https://example.com/a?b=1"]),
    ("(https://example.com/{{ contact.id }}) <https://x.com>", ["https://example.com/{{ contact.id }}", "https://x.com"]),
    ("example.com mailto:a@example.com {{ links.unsubscribe }}", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "urls"), TEXTS)
def test_links_of_a_plain_text(text, urls) -> None:
    assert list(mark("", text).urls) == urls


WEB = [
    ("https://example.com/ä?a=1", True), ("HTTP://example.com", True), ("https://example.com:8000/", True),
    ("javascript:alert(1)", False), ("//example.com", False), ("https://", False), ("https://a@b.com", False),
    ("https://x.com\\@y.com", False), ("https://x.com/\n", False), ("data:text/html,x", False), ("", False),
    ("https://[x", False), ("https://x.com/a b", False),
]  # fmt: skip


@pytest.mark.parametrize(("url", "good"), WEB)
def test_what_can_be_followed(url, good) -> None:
    assert is_web(url) is good


# --- As it goes out ------------------------------------------------------------------------------

HTML = (
    '<p><a href="https://example.com/shop?a=1&amp;b=2" style="color:red">shop</a> '
    '<a href="https://example.com/{{ contact.first_name }}">mine</a> '
    '<a href="https://example.com/quiet" data-no-track>quiet</a> '
    '<a href="mailto:us@example.com">mail</a></p>' + OWN
)
TEXT = "Shop: https://example.com/shop?a=1&b=2\nMine: https://example.com/{{ contact.first_name }}."


@pytest.fixture
def arrived(queue, deliver, smtp_server):
    """(the message that arrived, its record), sent an hour ago."""

    def make(**email):
        (delivery,) = queue(email={"html": HTML, "text": TEXT} | email)
        deliver()
        sent = SentEmail.objects.filter(reference=delivery.pk)
        sent.update(sent_at=timezone.now() - timezone.timedelta(hours=1))
        return smtp_server.messages[-1], sent.get()

    return make


def hrefs(received):
    return re.findall(r'href="([^"]*)"', received.body("html"))


def test_each_link_leads_through_here(arrived, settings) -> None:
    received, email = arrived()
    shop, mine, quiet, mail, out, preferences = hrefs(received)
    links = {row.url: row.pk for row in CampaignLink.objects.all()}
    assert set(links) == {"https://example.com/shop?a=1&b=2", "https://example.com/{{ contact.first_name }}"}
    found = read_click(path(shop).split("/")[2])
    assert (found.email, found.link, found.address) == (email.pk, links["https://example.com/shop?a=1&b=2"], "")
    assert read_click(path(mine).split("/")[2]).address == "https://example.com/Ada"
    assert (quiet, mail) == ("https://example.com/quiet", "mailto:us@example.com")
    assert "/u/" in out and "/p/" in preferences
    assert "data-" not in received.body("html")
    text = received.body("plain")
    assert f"Shop: {shop}\nMine: {mine}.\n" in text
    assert "\x02" not in text
    assert received.body("html").count(pixel_url(email.pk)) == 1


@pytest.mark.parametrize(
    ("email", "clicks", "pixel"),
    [({}, True, True), ({"track_links": False}, False, True), ({"track_opens": False}, True, False)],
)
def test_settings(arrived, email, clicks, pixel) -> None:
    received, _sent = arrived(**email)
    assert ("/c/" in received.body("html"), "/c/" in received.body("plain")) == (clicks, clicks)
    assert ("/o/" in received.body("html")) is pixel
    if not clicks:
        assert hrefs(received)[:2] == ["https://example.com/shop?a=1&amp;b=2", "https://example.com/Ada"]


def test_the_text_made_of_the_html_is_counted_too(arrived) -> None:
    received, _email = arrived(text="")
    assert received.body("plain").count("/c/") == 2


def test_previews_and_tests_count_nothing(db) -> None:
    contact = ContactFactory()
    content = EMAIL | {"html": HTML, "text": TEXT, "track_links": True, "track_opens": True}
    seen = preview(content, contact)
    tested = build_test(content, contact, "me@example.com")
    for text in (seen.html, seen.text, str(tested.alternatives[0][0]), str(tested.body)):
        assert "/c/" not in text
        assert "/o/" not in text
        assert "data-tracked" not in text
    assert 'href="https://example.com/Ada"' in seen.html


def test_links_are_known_when_it_is_published_and_saved(queue) -> None:
    queue(email={"html": HTML})
    assert CampaignLink.objects.count() == 2
    automation = Automation.objects.get()
    update_step(step=automation.steps.get(), settings=EMAIL | {"html": '<a href="https://example.com/new">x</a>'})
    assert CampaignLink.objects.count() == 2
    publish(automation=automation)
    assert CampaignLink.objects.count() == 3
    campaign = Campaign.objects.create(name="One-off", html=HTML, text="https://example.com/text")
    assert set(campaign.links.values_list("url", flat=True)) == {
        "https://example.com/shop?a=1&b=2", "https://example.com/{{ contact.first_name }}", "https://example.com/text",
    }  # fmt: skip
    campaign.save()
    assert campaign.links.count() == 3


def test_links_cost_the_same_for_one_and_for_many(queue, deliver, smtp_server, django_assert_num_queries) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (2, 12):
        queue(number, contacts=[*_people(number)], email={"html": HTML})
        with CaptureQueriesContext(connection) as queries:
            deliver()
        counts.append(sum("campaignlink" in query["sql"] for query in queries))
    assert counts == [1, 1]


def _people(number):
    from contacts.services import subscribe_contacts
    from tests.factories import ListFactory

    contacts = [ContactFactory() for _n in range(number)]
    subscribe_contacts(contacts=[contact.pk for contact in contacts], list=ListFactory())
    return contacts


# --- Where they lead ------------------------------------------------------------------------------


@pytest.fixture
def web():
    return Client(headers={"user-agent": BROWSER})


def activity():
    return list(EmailActivity.objects.order_by("pk").values_list("action", "machine"))


def test_a_click_leads_on_and_counts_as_an_open(arrived, web) -> None:
    received, email = arrived()
    shop, mine, *_others = hrefs(received)
    answer = web.get(path(shop))
    assert (answer.status_code, answer["Location"]) == (302, "https://example.com/shop?a=1&b=2")
    assert answer["Cache-Control"] == "no-store"
    assert activity() == [("open", False), ("click", False)]
    click = EmailActivity.objects.get(action="click")
    assert (click.link.url, click.detail) == (
        "https://example.com/shop?a=1&b=2",
        "https://example.com/shop?a=1&b=2",
    )
    assert click.source == "contact"
    email.refresh_from_db()
    assert email.clicked_at and email.opened_at
    assert web.get(path(mine))["Location"] == "https://example.com/Ada"


@pytest.mark.parametrize(
    ("method", "headers"),
    [("head", {}), ("get", {"purpose": "prefetch"}), ("get", {"sec-purpose": "prefetch;prerender"})],
)
def test_looking_ahead_leads_on_and_counts_nothing(arrived, web, method, headers) -> None:
    received, email = arrived()
    answer = getattr(web, method)(path(hrefs(received)[0]), headers=headers)
    assert answer.status_code == 302
    assert getattr(web, method)(path(pixel_url(email.pk)), headers=headers).status_code == 200
    assert activity() == []


def test_the_pixel(arrived, web) -> None:
    _received, email = arrived()
    answer = web.get(path(pixel_url(email.pk)))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    assert "no-store" in answer["Cache-Control"]
    assert activity() == [("open", False)]
    web.get(path(pixel_url(email.pk)), headers={"user-agent": "Mozilla/5.0"})
    assert activity() == [("open", False), ("open", True)]


def test_nothing_but_looking(arrived, web) -> None:
    received, email = arrived()
    assert web.post(path(hrefs(received)[0])).status_code == 405
    assert web.post(path(pixel_url(email.pk))).status_code == 405
    assert activity() == []


def test_a_flood_is_answered_but_not_recorded(arrived, web, one_minute) -> None:
    _received, email = arrived()
    answers = {web.get(path(pixel_url(email.pk))).status_code for _time in range(70)}
    assert answers == {200}
    assert len(activity()) == 60


def test_an_early_click_is_settled_when_more_is_known(arrived, web) -> None:
    received, _email = arrived()
    SentEmail.objects.update(sent_at=timezone.now() - timezone.timedelta(seconds=10))
    web.get(path(hrefs(received)[0]))
    assert (activity(), HeldClick.objects.count()) == ([], 1)
    assert settle_clicks(now=timezone.now()) == 0
    later = timezone.now() + timezone.timedelta(seconds=11)
    assert settle_clicks(now=later) == 1
    assert activity() == [("open", False), ("click", False)]
    assert settle_clicks(now=later) == 0
    assert len(activity()) == 2


def test_one_who_clicks_everything_at_once_is_a_machine(arrived, web) -> None:
    received, email = arrived()
    SentEmail.objects.update(sent_at=timezone.now() - timezone.timedelta(seconds=10))
    for url in hrefs(received)[:2]:
        web.get(path(url))
    assert HeldClick.objects.count() == 2
    settle_clicks(now=timezone.now() + timezone.timedelta(seconds=11))
    assert activity() == [("click", True), ("click", True)]
    email.refresh_from_db()
    assert email.clicked_at is None


def test_a_fetch_proves_that_an_uncertain_one_was_sent(queue, deliver, smtp_server, web, ledger) -> None:
    queue(email={"html": HTML})
    smtp_server.drop(keeps=True, times=1)
    deliver()
    assert ledger().statuses == ["uncertain"]
    email = SentEmail.objects.get()
    web.get(path(pixel_url(email.pk)))
    assert ledger().statuses == ["sent"]
    email.refresh_from_db()
    assert email.sent_at
    assert activity() == [("open", False)]


# --- Hostile tokens ------------------------------------------------------------------------------


def _forged(email):
    """Click tokens that look right, and are not."""
    link = CampaignLink.objects.first().pk
    good = path(click_url(email.pk, link)).split("/")[2]
    personal = path(click_url(email.pk, link, "https://example.com/Ada")).split("/")[2]
    evil = base64.urlsafe_b64encode(b"https://evil.example").decode().rstrip("=")
    parts, signature = personal.rsplit(".", 1)
    mail, link36, _address = parts.split(".")
    return {
        "a changed address": f"{mail}.{link36}.{evil}.{signature}",
        "an added address": f"{good.rsplit('.', 1)[0]}.{evil}.{good.rsplit('.', 1)[1]}",
        "another e-mail": "z" + good,
        "no signature": good.rsplit(".", 1)[0],
        "an empty signature": good.rsplit(".", 1)[0] + ".",
        "the pixel's": path(pixel_url(email.pk)).split("/")[2].removesuffix(".gif"),
        "nonsense": "…",
        "dots": "...",
        "long": "a" * 5_000,
        "null": "a%00b",
    }


def test_forged_tokens_lead_nowhere(arrived, web) -> None:
    _received, email = arrived()
    for what, token in _forged(email).items():
        answer = web.get(f"/c/{token}/")
        assert (answer.status_code, "Location" in answer) == (404, False), what
        picture = web.get(f"/o/{token}.gif")
        if what != "the pixel's":
            assert (picture.status_code, picture["Content-Type"]) == (200, "image/gif"), what
    assert {action for action, _machine in activity()} <= {"open"}
    assert len(activity()) <= 1


def test_a_token_is_for_one_e_mail_and_one_use(arrived) -> None:
    _received, email = arrived()
    link = CampaignLink.objects.first()
    click = path(click_url(email.pk, link.pk)).split("/")[2]
    pixel = path(pixel_url(email.pk)).split("/")[2].removesuffix(".gif")
    assert (read_click(click).email, read_pixel(pixel)) == (email.pk, email.pk)
    assert read_pixel(click) is None
    assert read_click(pixel) is None


def test_a_link_of_another_campaign_is_none_of_this_e_mail(arrived, web) -> None:
    _received, email = arrived()
    other = CampaignLink.objects.create(campaign=Campaign.objects.create(name="x"), url="https://other.example")
    assert web.get(path(click_url(email.pk, other.pk))).status_code == 404


def test_old_keys_still_lead_on(arrived, web, settings) -> None:
    received, _email = arrived()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one, as long as it ought to be, or so"
    assert web.get(path(hrefs(received)[0])).status_code == 302


def test_when_the_e_mail_is_gone_the_link_still_leads_on(arrived, web) -> None:
    received, email = arrived()
    email.delete()
    assert web.get(path(hrefs(received)[0])).status_code == 302
    assert activity() == []


def test_a_tracked_site_learns_who_comes_and_no_other(arrived, web) -> None:
    TrackingSettings.current()
    TrackedDomain.objects.create(domain="example.com")
    received, email = arrived()
    shop = path(hrefs(received)[0])
    answer = web.get(shop)
    assert answer["Location"].startswith("https://example.com/shop?a=1&b=2&")
    assert web.head(shop)["Location"] == "https://example.com/shop?a=1&b=2"
    scanner = web.get(shop, headers={"user-agent": "Mimecast"})
    assert scanner["Location"] == "https://example.com/shop?a=1&b=2"
    other = CampaignLink.objects.create(campaign=email.campaign, url="https://other.example/")
    assert web.get(path(click_url(email.pk, other.pk)))["Location"] == "https://other.example/"
