"""email_shared, email_forwarded, email_replied: an e-mail that arrived by SMTP, its links on a live server,
answers by a provider's webhook; a near miss for each option. And transactional opens, as Postmark posts them."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from django.core.cache import cache

from automations.engine.index import touch_index
from automations.models import Account
from automations.public.forward import PER_EMAIL
from contacts.models import EmailActivity, EmailForward, EmailReply, List, PostmarkServer, SentEmail, Suppression
from contacts.services import suppress_address
from tests.automations.conftest import build_automation, passes
from tests.automations.triggers.test_email_opened import BROWSER, fetch, mailing  # noqa: F401 a fixture
from tests.contacts import mail
from tests.factories import ContactFactory, ListFactory
from tests.peers.http import Answer

SECRET = "s3cret-of-tests"
NETWORK_LINKS = "".join(
    f'<a href="{{{{ links.share_{name} }}}}">{name}</a>' for name in ("facebook", "x", "linkedin", "whatsapp")
)
HTML = (
    f'<p>Hello {{{{ contact.first_name | default: "you" }}}}! {NETWORK_LINKS} '
    '<a href="{{ links.forward }}">f</a> '
    '<a href="{{ links.web_version }}">w</a> <a href="https://example.com/shop">shop</a></p>'
)


@pytest.fixture
def process_environment(smtp_server, http_target, settings):
    settings.INBOUND_DOMAIN = "in.example.org"
    cache.clear()
    return {
        "EMAIL_URL": smtp_server.url,
        "MAIL_WEBHOOK_SECRET": SECRET,
        "INBOUND_DOMAIN": "in.example.org",
        "ANYMAIL": f"MAILGUN_WEBHOOK_SIGNING_KEY={mail.SIGNING_KEY}",
        "POSTMARK_API_URL": http_target.url,
        "WEBHOOK_ALLOW_PRIVATE": "yes",
    }


def links(received, server):
    here = re.findall(r'href="([^"]+)"', received.body("html"))
    return [re.sub(r"^https?://[^/]+(?=/m/)", server.url, url) for url in here if "/m/" in url]


def link(received, server, part):
    return next(url for url in links(received, server) if f"/m/{part}/" in url)


def post_form(url, **fields):
    """(status, page)"""
    try:
        with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode(), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def do(what, received, server, contact):
    kind, _space, detail = what.partition(" ")
    if kind == "share":
        network, _space, agent = detail.partition(" ")
        status, location = fetch(link(received, server, f"s/{network}"), agent or BROWSER)
        assert (status, location.startswith("https://")) == (302, True)
    elif kind == "forward":
        friend = detail or f"friend-of-{contact.pk}@example.net"
        assert post_form(link(received, server, "f"), name="Ann", friends=friend)[0] in (200, 422)
    elif kind == "reply":
        headers = {"Auto_Submitted": "auto-replied"} if detail == "auto" else {}
        address = str(received.message["Reply-To"])
        answer = mail.mail(address, sender=contact.email, **headers)
        assert mail.post(f"{server.url}/mail/{SECRET}/postmark/inbound/", mail.inbound(answer)) == 200


SHARED = [
    ({}, "News", "share facebook", True),
    ({}, "News", "share facebook facebookexternalhit/1.1", False),
    ({}, "News", "forward", False),
    ({"campaign": "News"}, "News", "share x", True),
    ({"campaign": "News"}, "Offer", "share x", False),
    ({"list": "Readers"}, "News", "share linkedin", True),
    ({"list": "Readers"}, "Offer", "share linkedin", False),
    ({"list": "Readers"}, "Plain", "share linkedin", False),
    ({"network": "whatsapp"}, "News", "share whatsapp", True),
    ({"network": "whatsapp"}, "News", "share x", False),
    ({"network": "x", "list": "Readers", "campaign": "News"}, "News", "share x", True),
    ({"network": "x", "list": "Readers", "campaign": "Offer"}, "News", "share x", False),
]
FORWARDED = [
    ({}, "News", "forward", True),
    ({}, "News", "forward no-address", False),
    ({}, "News", "share x", False),
    ({"campaign": "News"}, "News", "forward", True),
    ({"campaign": "News"}, "Offer", "forward", False),
]
REPLIED = [
    ({"scope": "any"}, "News", "reply", True),
    ({"scope": "any"}, "News", "reply auto", False),
    ({"scope": "any"}, "News", "forward", False),
    ({"scope": "campaign", "campaign": "News"}, "News", "reply", True),
    ({"scope": "campaign", "campaign": "News"}, "Offer", "reply", False),
    ({"scope": "any_list"}, "News", "reply", True),
    ({"scope": "any_list"}, "Plain", "reply", False),
    ({"scope": "list", "list": "Readers"}, "News", "reply", True),
    ({"scope": "list", "list": "Readers"}, "Offer", "reply", False),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "table"), [("email_shared", SHARED), ("email_forwarded", FORWARDED), ("email_replied", REPLIED)]
)
def test_over_smtp_and_http(kind, table, mailing, server):  # noqa: F811 a fixture
    lists = {"News": [ListFactory(name="Readers")], "Offer": [ListFactory(name="Buyers")], "Plain": []}
    mails = {}
    for name in lists:
        mails[name] = mailing(name, f"{name.lower()}@example.com", lists[name], HTML)
    wanted, found = {}, {}
    for number, (options, name, what, enters) in enumerate(table):
        cache.clear()
        given = dict(options)
        if "campaign" in given:
            given["campaign"] = mails[given["campaign"]][2].pk
        if "list" in given:
            given["list"] = List.objects.get(name=given["list"]).pk
        automation = build_automation(triggers=[(kind, given)])
        received, contact, _campaign = mails[name]
        EmailForward.objects.all().delete()
        EmailActivity.objects.all().delete()
        do(what, received, server, contact)
        wanted[number], found[number] = [contact.email] if enters else [], passes(automation)
        automation.is_active = False
        automation.save()
        touch_index()
    assert found == wanted


@pytest.mark.django_db(transaction=True)
def test_versions_for_the_reader_and_for_all(mailing, server):  # noqa: F811 a fixture
    received, contact, _campaign = mailing("News", "ann@example.com", html=HTML)
    web = urllib.request.urlopen(link(received, server, "v"), timeout=10)
    page = web.read().decode()
    assert f"Hello {contact.first_name}!" in page
    assert "sandbox" in web.headers["Content-Security-Policy"]
    assert "/o/" not in page
    _status, location = fetch(link(received, server, "s/facebook"))
    (public,) = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["u"]
    public = re.sub(r"^https?://[^/]+", server.url, public)
    page = urllib.request.urlopen(public, timeout=10).read().decode()
    assert "Hello you!" in page
    for secret in (contact.first_name, contact.email, "/u/", "/p/", "/m/f/", "/c/", "/o/"):
        assert secret not in page, secret


@pytest.mark.django_db(transaction=True)
def test_no_link_is_good_for_another_use(mailing, server):  # noqa: F811 a fixture
    received, _contact, _campaign = mailing("News", "ann@example.com", html=HTML)
    token = {part: link(received, server, part).split("/")[-2] for part in ("s/x", "v", "f")}
    bad = [
        f"{server.url}/m/v/{token['s/x']}/",
        f"{server.url}/m/f/{token['v']}/",
        f"{server.url}/m/w/{token['v']}/",
        f"{server.url}/m/s/x/{token['f']}/",
        f"{server.url}/m/s/nowhere/{token['s/x']}/",
        f"{server.url}/m/s/x/{token['s/x']}a/",
        f"{server.url}/m/s/x/1.{token['s/x'].split('.')[1][:-1]}a/",
        f"{server.url}/m/s/x/{'a' * 3000}/",
    ]
    assert [fetch(url)[0] for url in bad] == [404] * len(bad)
    assert not EmailActivity.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_forwards_arrive_once_and_tell_nothing(mailing, server, smtp_server):  # noqa: F811 a fixture
    received, contact, _campaign = mailing("News", "ann@example.com", html=HTML)
    url = link(received, server, "f")
    suppress_address(address="no@example.net", reason=Suppression.Reason.MANUAL)
    smtp_server.clear()
    friends = "Bob@example.net, bob@example.net\nno@example.net; eve@example.net"
    status, page = post_form(url, name="Ann\r\nBcc: all@example.net", friends=friends, message="Look!")
    assert (status, "bob@" in page) == (200, False)
    assert sorted(smtp_server.recipients().elements()) == ["bob@example.net", "eve@example.net"]
    message = smtp_server.messages[0].message
    assert "Bcc" not in message
    assert message["Subject"].startswith("Ann Bcc: all@example.net recommends: News")
    text = smtp_server.messages[0].body("plain")
    assert "Look!" in text and "/m/w/" in text and contact.email not in text
    assert "example.net" not in json.dumps(list(EmailForward.objects.values("email", "friend_hash")))
    post_form(url, name="Ann", friends="bob@example.net")
    assert len(smtp_server.messages) == 2
    assert EmailActivity.objects.filter(action="forward").count() == 2


BAD_FORMS = [
    ({"friends": ""}, 422),
    ({"friends": "a@example.net\r\nBcc: b"}, 422),
    ({"friends": " ".join(f"f{n}@example.net" for n in range(6))}, 422),
    ({"friends": "<script>alert(1)</script>"}, 422),
    ({"name": ""}, 422),
    ({"name": "Cheap pills www.example.com"}, 422),
    ({"message": "https://example.com"}, 422),
    ({"message": "x" * 501}, 422),
    ({"website": "https://spam.example"}, 200),
    ({"message": "x" * 70_000}, 413),
]


@pytest.mark.django_db(transaction=True)
def test_hostile_forwards(mailing, server, smtp_server):  # noqa: F811 a fixture
    received, _contact, _campaign = mailing("News", "ann@example.com", html=HTML)
    url = link(received, server, "f")
    smtp_server.clear()
    for number, (changes, wanted) in enumerate(BAD_FORMS):
        cache.clear()
        status, page = post_form(url, **({"name": "Ann", "friends": f"f{number}@example.net"} | changes))
        assert status in (wanted, 429), changes
        assert "<script>" not in page
    # Twice the limit: a minute may end in between.
    statuses = [post_form(url, name="Ann", friends="x@example.net")[0] for _n in range(2 * PER_EMAIL + 1)]
    assert 429 in statuses
    assert len(smtp_server.messages) <= 1


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_away(mailing, server, smtp_server):  # noqa: F811 a fixture
    received, _contact, _campaign = mailing("News", "ann@example.com", html=HTML)
    smtp_server.clear()
    smtp_server.refuse(451)
    url = link(received, server, "f")
    assert post_form(url, name="Ann", friends="bob@example.net")[0] == 503
    smtp_server.behave()
    assert post_form(url, name="Ann", friends="bob@example.net")[0] == 200
    assert list(smtp_server.recipients()) == ["bob@example.net"]


@pytest.mark.django_db(transaction=True)
def test_two_providers_over_http(server):
    email = mail.sent_email()
    base = f"{server.url}/mail/{SECRET}"
    assert mail.post(f"{base}/mailgun/tracking/", mail.mailgun("delivered", email)) == 200
    forged = mail.mailgun("complained", email, key="forged")
    assert mail.post(f"{base}/mailgun/tracking/", forged) == 400
    assert mail.post(f"{server.url}/mail/wrong/mailgun/tracking/", mail.mailgun("complained", email)) == 404
    assert mail.post(f"{base}/postmark/tracking/", mail.postmark("Bounce", email)) == 200
    assert list(EmailActivity.objects.order_by("pk").values_list("action", flat=True)) == ["delivered", "bounce"]
    assert Suppression.objects.get().address == email.address


# --- Transactional opens -------------------------------------------------------------------------

TRANSACTIONAL = [
    # settings, changes of the notice, the subject that the API tells, enters
    ({}, {}, "Your order", True),
    ({}, {"RecordType": "Delivery"}, "Your order", False),
    ({}, {"UserAgent": "Mozilla/5.0"}, "Your order", False),
    ({}, {"Client": {"Name": "Apple Mail Privacy Protection"}}, "Your order", False),
    ({}, {"Recipient": "nobody@example.com"}, "Your order", False),
    ({"server": "Shop"}, {}, "Your order", True),
    ({"server": "Other"}, {}, "Your order", False),
    ({"stream": "outbound"}, {}, "Your order", True),
    ({"stream": "outbound"}, {"MessageStream": "notices"}, "Your order", False),
    ({"which": "tag", "which_op": "is", "which_text": "Welcome"}, {}, "Your order", True),
    ({"which": "tag", "which_op": "is", "which_text": "Welcome"}, {"Tag": "welcome-2"}, "Your order", False),
    ({"which": "subject", "which_op": "contains", "which_text": "order"}, {}, "Your order 17", True),
    ({"which": "subject", "which_op": "contains", "which_text": "order"}, {}, "Your invoice", False),
    ({"which": "subject", "which_op": "is", "which_text": "Hi"}, {"Metadata": {"subject": "Hi"}}, "No", True),
]


@pytest.mark.django_db(transaction=True)
def test_transactional_opens(server, http_target, settings):
    settings.POSTMARK_API_URL, settings.WEBHOOK_ALLOW_PRIVATE = http_target.url, True
    account = Account.current()
    account.addons = [*account.addons, "transactional"]
    account.save()
    shop = PostmarkServer.objects.create(name="Shop", token="server-token")
    contact = ContactFactory(email="ann@example.com")
    url = f"{server.url}/postmark/{shop.pk}/{shop.key}/"
    wanted, found = {}, {}
    for number, (options, changes, subject, enters) in enumerate(TRANSACTIONAL):
        automation = build_automation(triggers=[("email_opened", {"kind": "transactional", **options})])
        http_target.default = Answer(body=json.dumps({"Subject": subject, "Status": "Sent"}).encode())
        notice = mail.postmark("Open", **changes)
        assert [mail.post(url, notice), mail.post(url, notice)] == [200, 200]
        settle()
        wanted[number], found[number] = [contact.email] if enters else [], passes(automation)
        automation.is_active = False
        automation.save()
        touch_index()
    assert found == wanted
    shop.refresh_from_db()
    assert (shop.unknown_contacts, sorted(shop.streams)) == (1, ["notices", "outbound"])
    asked = http_target.requests[0]
    assert (asked.method, asked.headers["x-postmark-server-token"]) == ("GET", "server-token")
    assert asked.path.endswith("/details")


def settle():
    """What the worker does."""
    from contacts.models import ProviderNotice
    from contacts.services.postmark import settle_postmark

    for pk in ProviderNotice.objects.exclude(due_at=None).values_list("pk", flat=True):
        settle_postmark(notice_id=pk)


@pytest.mark.django_db(transaction=True)
def test_replies_are_kept(mailing, server):  # noqa: F811 a fixture
    received, contact, _campaign = mailing("News", "ann@example.com", html=HTML)
    do("reply", received, server, contact)
    assert EmailReply.objects.get().text == "Yes, please."
    assert SentEmail.objects.get(contact=contact).replied_at
