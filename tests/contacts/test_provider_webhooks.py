"""Providers' webhooks on the real addresses: what each notice does, once; what is refused; what finds what."""

import pytest
from django.core.cache import cache
from django.test import Client

from contacts.models import Contact, EmailActivity, EmailReply, SentEmail, Subscription, Suppression
from contacts.models.engagement import EmailAction
from tests.contacts import mail

pytestmark = pytest.mark.django_db
SECRET = "s3cret-of-tests"


@pytest.fixture(autouse=True)
def _set_up(settings):
    cache.clear()
    settings.MAIL_WEBHOOK_SECRET = SECRET
    settings.INBOUND_DOMAIN = "in.example.org"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": mail.SIGNING_KEY}


def post(payload, hook="mailgun/tracking/", secret=SECRET, **extra):
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/mail/{secret}/{hook}", payload, content_type="application/json", **extra)


def done(email):
    return list(EmailActivity.objects.filter(email=email).order_by("pk").values_list("action", flat=True))


def state(email):
    """(what was recorded, the subscription's status, why the address is suppressed)"""
    status = Subscription.objects.get(contact=email.contact).status
    return done(email), status, list(Suppression.objects.values_list("reason", flat=True))


FAILED = {
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {"code": 550, "message": "5.1.1 unknown"},
}
FULL = FAILED | {"delivery-status": {"code": 552, "message": "5.2.2 mailbox full"}}
MAILGUN = [
    ("delivered", {}, ["delivered"], "active", []),
    ("failed", FAILED, ["bounce"], "bounced", ["bounced"]),
    ("failed", FULL, ["bounce"], "active", []),
    ("failed", FAILED | {"severity": "temporary"}, [], "active", []),
    ("complained", {}, ["complaint"], "unsubscribed", ["complained"]),
    ("unsubscribed", {}, ["unsubscribe"], "unsubscribed", []),
    # Our own pixel counts already.
    ("opened", {"client-info": {"user-agent": "Mozilla/5.0 (X11) Firefox/128"}}, [], "active", []),
    ("accepted", {}, [], "active", []),
]


@pytest.mark.parametrize(("event", "changes", "actions", "status", "suppressed"), MAILGUN)
def test_mailgun(event, changes, actions, status, suppressed):
    email = mail.sent_email()
    notice = mail.mailgun(event, email, **changes)
    for _again in range(2):
        assert post(notice).status_code == 200
    assert state(email) == (actions, status, suppressed)


@pytest.mark.parametrize(("kind", "changes", "actions", "status", "suppressed"), [
    ("Delivery", {}, ["delivered"], "active", []),
    ("Bounce", {}, ["bounce"], "bounced", ["bounced"]),
    ("Bounce", {"Type": "SoftBounce", "TypeCode": 4096}, ["bounce"], "active", []),
    ("Bounce", {"Type": "Transient"}, [], "active", []),
    ("Bounce", {"Type": "AutoResponder"}, [], "active", []),
    ("SpamComplaint", {}, ["complaint"], "unsubscribed", ["complained"]),
    ("SubscriptionChange", {}, ["unsubscribe"], "unsubscribed", []),
    ("SubscriptionChange", {"SuppressSending": False, "SuppressionReason": None}, [], "active", []),
])  # fmt: skip
def test_postmark(kind, changes, actions, status, suppressed):
    email = mail.sent_email()
    notice = mail.postmark(kind, email, **changes)
    for _again in range(2):
        assert post(notice, "postmark/tracking/").status_code == 200
    assert state(email) == (actions, status, suppressed)


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11) Firefox/128", "Mozilla/5.0"])
def test_opens_and_clicks_where_the_provider_counts(settings, agent):
    settings.PROVIDER_COUNTS_OPENS = True
    email = mail.sent_email()
    post(mail.mailgun("opened", email, **{"client-info": {"user-agent": agent}}))
    post(
        mail.mailgun(
            "clicked", email, url="https://example.com/", **{"client-info": {"user-agent": "Firefox/128"}}
        )
    )
    rows = EmailActivity.objects.order_by("pk").values_list("action", "machine", "detail")
    machine = agent == "Mozilla/5.0"
    opens = [("open", True, ""), ("open", False, "")] if machine else [("open", False, "")]
    assert list(rows) == [*opens, ("click", False, "https://example.com/")]


@pytest.mark.parametrize("changes", [
    {"message": {"headers": {"message-id": "other@example.com"}}},
    {"recipient": "bob@example.com"},
    {"message": {}},
    {"message": {}, "user-variables": {"sent_email": "x"}},
    {"message": {}, "user-variables": {"sent_email": "99999999"}},
])  # fmt: skip
def test_an_address_alone_finds_nothing(changes):
    email = mail.sent_email()
    assert post(mail.mailgun("failed", email, **(FAILED | changes))).status_code == 200
    assert state(email) == ([], "active", [])


def test_found_by_our_own_id():
    email = mail.sent_email(message_id="")
    post(mail.mailgun("delivered", email, **{"user-variables": {"sent_email": str(email.pk)}}))
    assert done(email) == ["delivered"]


def test_soft_bounces_in_a_row(settings):
    settings.SOFT_BOUNCE_LIMIT = 3
    first = mail.sent_email()
    emails = [first, *(mail.sent_email(contact=first.contact) for _n in range(4))]
    for email in (emails[0], emails[1]):
        post(mail.mailgun("failed", email, **FULL))
    assert not Suppression.objects.exists()
    for email in (emails[3], emails[4]):  # 2 arrived, so there are two in a row
        post(mail.mailgun("failed", email, **FULL))
    assert not Suppression.objects.exists()
    post(mail.mailgun("failed", emails[2], **FULL))
    assert Suppression.objects.get().reason == "bounced"


def test_refused():
    email = mail.sent_email()
    notice = mail.mailgun("failed", email, **FAILED)
    assert post(notice, secret="wrong").status_code == 404
    assert post(notice, secret="клю").status_code == 404
    assert post(mail.mailgun("failed", email, key="forged", **FAILED)).status_code == 400
    assert post(notice, hook="nobody/tracking/").status_code == 404
    assert post(b"{", hook="postmark/tracking/").status_code == 400
    assert post(b"[1]", hook="postmark/tracking/").status_code == 400
    assert post({"signature": 1}).status_code == 400
    assert post(notice, CONTENT_LENGTH=str(31 * 1024 * 1024)).status_code == 413
    assert post(b"x" * 6_000_000, hook="postmark/tracking/").status_code == 413
    assert post({"event": "open"}, hook="sparkpost/tracking/").status_code == 400
    assert Client().get(f"/mail/{SECRET}/mailgun/tracking/").status_code == 405
    assert state(email) == ([], "active", [])


def test_no_secret_no_door(settings):
    settings.MAIL_WEBHOOK_SECRET = ""
    assert post(mail.mailgun("delivered", mail.sent_email())).status_code == 404
    assert post(mail.mailgun("delivered", mail.sent_email()), secret="None").status_code == 404


def test_too_many(settings, one_minute):
    settings.MAIL_WEBHOOK_RATE = 2
    email = mail.sent_email()
    answers = [post(mail.mailgun("delivered", email)) for _n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


# --- Mail that comes in --------------------------------------------------------------------------


def inbound(message):
    return post(mail.inbound(message), "postmark/inbound/").status_code


def reply_to(email):
    from contacts.mail_tokens import reply_address

    return reply_address(email.pk)


def test_an_answer_to_the_token():
    email = mail.sent_email()
    message = mail.mail(reply_to(email).upper(), sender="other@example.net", text="Oui, volontiers ☕")
    assert [inbound(message), inbound(message)] == [200, 200]
    reply = EmailReply.objects.get()
    assert (reply.contact, reply.sender, reply.subject) == (email.contact, "other@example.net", "Re: News")
    assert (reply.text, done(email)) == ("Oui, volontiers ☕", ["reply"])
    assert SentEmail.objects.get(pk=email.pk).replied_at


@pytest.mark.parametrize(("headers", "sender", "counts"), [
    ({"In_Reply_To": "{id}"}, "own", True),
    ({"References": "<first@example.com> {id}"}, "own", True),
    ({"In_Reply_To": "{id}"}, "bob@example.net", False),
    ({"In_Reply_To": "<other@example.com>"}, "own", False),
    ({}, "own", False),
])  # fmt: skip
def test_an_answer_by_message_id(headers, sender, counts):
    email = mail.sent_email()
    headers = {name: value.format(id=email.message_id) for name, value in headers.items()}
    address = email.address if sender == "own" else sender
    inbound(mail.mail("shop@example.org", sender=address, **headers))
    assert done(email) == (["reply"] if counts else [])


AUTOMATIC = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated (vacation)"},
    {"Precedence": "bulk"},
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
    {"Return_Path": "<>"},
    {"subject": "Automatic reply: News"},
    {"subject": "Out of office: back on Monday"},
    {"subject": "Réponse automatique : News"},
    {"subject": "Absence du bureau"},
]
HUMAN = [
    {"Auto_Submitted": "no"},
    {"subject": "Re: Automatic doors"},
    {"subject": "Re: News"},
    {"subject": "Our office is out of coffee"},
    {"Precedence": "first-class"},
]


@pytest.mark.parametrize(("headers", "counts"), [*((h, False) for h in AUTOMATIC), *((h, True) for h in HUMAN)])
def test_automatic_answers(headers, counts):
    email = mail.sent_email()
    inbound(mail.mail(reply_to(email), sender=email.address, **headers))
    assert done(email) == (["reply"] if counts else [])


@pytest.mark.parametrize("change", ["token", "signature", "domain", "other use"])
def test_forged_tokens(change):
    from contacts.mail_tokens import make_token

    email, other = mail.sent_email(), mail.sent_email()
    address = reply_to(email)
    forged = {
        "token": address.replace(address.split(".")[0], reply_to(other).split(".")[0], 1),
        "signature": address.replace("@", "a@"),
        "domain": address.replace("in.example.org", "example.net"),
        "other use": f"reply+{make_token('forward', email.pk)}@in.example.org",
    }[change]
    inbound(mail.mail(forged))
    assert not EmailActivity.objects.exists()


@pytest.mark.parametrize(("options", "actions", "suppressed"), [
    ({}, ["bounce"], ["bounced"]),
    ({"status": "4.2.2"}, ["bounce"], []),
    ({"status": "5.2.2"}, ["bounce"], []),
    ({"action": "delayed", "status": "4.4.1"}, [], []),
    ({"action": "delivered", "status": "2.0.0"}, [], []),
])  # fmt: skip
@pytest.mark.parametrize("by_token", [True, False])
def test_bounces_by_mail(options, actions, suppressed, by_token):
    email = mail.sent_email()
    message = mail.bounce_mail(email, reply_to(email) if by_token else "", **options)
    assert [inbound(message), inbound(message)] == [200, 200]
    assert state(email)[0::2] == (actions, suppressed)
    assert not EmailReply.objects.exists()


def test_a_bounce_about_somebody_else():
    email, other = mail.sent_email(), mail.sent_email()
    message = mail.bounce_mail(email, reply_to(other))
    inbound(message)
    assert not Suppression.objects.exists()


def test_long_and_odd_mails():
    email = mail.sent_email()
    inbound(mail.mail(reply_to(email), text="x" * 50_000, subject="a" * 900))
    assert (len(EmailReply.objects.get().text), len(EmailReply.objects.get().subject)) == (10_000, 250)
    message = mail.mail(reply_to(email))
    message.set_content("<p>Hello <b>there</b></p>", subtype="html")
    inbound(message)
    assert EmailReply.objects.first().text == "Hello **there**"


def test_passed_on(mailoutbox, django_capture_on_commit_callbacks):
    from contacts.services.replies import pass_on_the_rest, pass_reply_on

    email = mail.sent_email()
    inbound(mail.mail(reply_to(email), sender="ann@example.com"))
    reply = EmailReply.objects.get()
    assert [pass_reply_on(reply_id=reply.pk), pass_reply_on(reply_id=reply.pk)] == [True, False]
    (passed,) = mailoutbox
    assert (passed.to, passed.reply_to) == (["marketing@localhost"], ["ann@example.com"])
    assert "Yes, please." in passed.body
    assert pass_on_the_rest() == 0


def test_merge_export_and_erase():
    from contacts.services.merge import merge_contacts
    from contacts.services.privacy import erase_person, export_person

    email = mail.sent_email()
    inbound(mail.mail(reply_to(email)))
    keep = mail.sent_email().contact
    merge_contacts(keep=keep, drop=email.contact)
    assert [row["text"] for row in export_person(contact=keep)["replies"]] == ["Yes, please."]
    erase_person(contact=Contact.objects.get(pk=keep.pk))
    assert not EmailReply.objects.exists()


def test_retention(settings):
    from datetime import timedelta

    from django.utils import timezone

    from contacts.models import ProviderNotice
    from contacts.tasks import retain

    post(mail.mailgun("delivered", mail.sent_email()))
    retain()
    assert ProviderNotice.objects.count() == 1
    ProviderNotice.objects.update(received_at=timezone.now() - timedelta(days=31))
    retain()
    assert not ProviderNotice.objects.exists()


def test_piped_mail(monkeypatch, capsys):
    import io
    import sys

    from django.core.management import call_command

    email = mail.sent_email()
    raw = mail.mail(reply_to(email)).as_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("receive_mail")
    assert (capsys.readouterr().out.strip(), done(email)) == ("reply", [EmailAction.REPLY])
