"""The e-mail as it arrives: read from a real SMTP server, or built by the same function."""

from datetime import timedelta
from email.utils import parseaddr
from html.parser import HTMLParser

import pytest
from anymail.message import AnymailRecipientStatus
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage

from automations.delivery.content import as_text, clean_html, inline_css
from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.message import preview
from automations.delivery.outbox import Permanent
from automations.delivery.rendering import validate_template
from automations.models import SenderState
from automations.steps.send_email import SendEmailStep
from contacts.field_types import FIELD_TYPES
from contacts.models import SentEmail
from contacts.services import subscribe_contacts
from tests.automations.delivery.conftest import EMAIL, SAMPLES, give
from tests.factories import ContactFactory, UserFactory
from tests.peers.http import Answer
from tests.peers.processes import free_port


@pytest.fixture
def arrive(queue, deliver, smtp_server, news):
    """The one message that arrives for a contact with these fields and this e-mail."""

    def make(email=None, **fields):
        contact = ContactFactory(**({"email": "ada@example.com"} | fields))
        subscribe_contacts(contacts=contact, list=news)
        rows = queue(contacts=[contact], email=email)
        deliver()
        rows[0].refresh_from_db()
        assert rows[0].status == "sent", rows[0].error
        return smtp_server.messages[-1]

    return make


def seen(email=None, contact=None, event=None, **fields):
    contact = contact or ContactFactory(**fields)
    return preview(EMAIL | (email or {}), contact, event)


def link_out(received):
    return str(received.message["List-Unsubscribe"]).strip()[1:-1]


def test_the_whole_message(arrive, settings):
    settings.SITE_URL = "https://mail.example.com:8443"
    settings.EMAIL_POSTAL_ADDRESS = "1 Rue de la Paix, 75002 Paris"
    received = arrive(
        {
            "subject": "Été, {{ contact.first_name }} 🎉",
            "preheader": "Look inside, {{ contact.first_name }}",
            "html": "<style>p { color: red } @media (max-width: 600px) { p { color: blue } }</style>"
            "<p>Cher {{ contact.first_name }}, <a href='https://example.com/ä?a=1&amp;b=2'>ici</a></p>",
            "from_name": "Zoë & Söhne",
            "from_email": "news@example.com",
            "reply_to": "answers@example.com",
            "track_links": False,
        },
        first_name="日本 <b>",
        language="en",
    )
    message = received.message
    assert received.subject == "Été, 日本 <b> 🎉"
    assert parseaddr(str(message["From"])) == ("Zoë & Söhne", "news@example.com")
    assert received.sender == "news@example.com" and str(message["Reply-To"]) == "answers@example.com"
    assert str(message["To"]) == "ada@example.com"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    html, text = received.body("html"), received.body("plain")
    assert html.lower().startswith("<!doctype html>") and 'lang="en"' in html
    assert "日本 &lt;b&gt;" in html and "日本 <b>" in text
    assert 'style="color: red;"' in html and "@media (max-width: 600px)" in html
    assert "Look inside" in html and "Look inside" not in text
    assert "https://example.com/ä?a=1&b=2" in text or "https://example.com/%C3%A4?a=1&b=2" in text
    for body in (html, text):
        assert "1 Rue de la Paix" in body and "Unsubscribe" in body
    leave = str(message["List-Unsubscribe"]).strip()
    assert leave.startswith("<https://mail.example.com:8443/u/") and leave.endswith("/>")
    assert leave[1:-1] in html and leave[1:-1] in text
    assert str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(message["Message-ID"]).endswith("@mail.example.com>")
    assert message["Date"]


def test_the_message_id_is_the_same_on_a_second_try(queue, deliver, ledger, smtp_server):
    queue(1)
    smtp_server.refuse(451, at="data", times=1)
    deliver()
    deliver(timedelta(minutes=2))
    assert str(smtp_server.messages[0].message["Message-ID"]) == ledger().first.message_id


def test_own_plain_text_gets_the_foot_too(arrive):
    received = arrive({"text": "Plain, {{ contact.first_name }}.\n"}, first_name="Ada & <Eve>")
    text = received.body("plain")
    assert text.startswith("Plain, Ada & <Eve>.\n")
    assert link_out(received) in text


def test_an_own_link_out_replaces_the_foot(arrive):
    received = arrive(
        {"html": "<a href='{{ links.unsubscribe }}'>Off</a> <a href='{{ links.preferences }}'>Choose</a>"}
    )
    html = received.body("html")
    assert html.count(link_out(received)) == 1
    assert "/p/" in html and "letter-foot" not in html.split("</style>")[-1]


@pytest.mark.parametrize(
    ("language", "lang"), [("fr", "fr"), ("fr-CA", "fr"), ("en", "en"), ("", "en"), ("xx", "en"), ("../..", "en")]
)
def test_the_frame_speaks_the_contacts_language(language, lang, db):
    assert f'<html lang="{lang}">' in seen(language=language).html


# --- Personalisation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ contact.first_name }}", "Ada"),
        ("{{ contact.first_name | default: 'friend' }}", "Ada"),
        ("{{ contact.phone | default: 'none' }}", "none"),
        ("{{ contact.nonsense }}", ""),
        ("{{ contact.nonsense.deeper | default: 'x' }}", "x"),
        ("{{ contact.fields.nothing | default: 'x' }}", "x"),
        ("{{ contact.owner.name }}", "Grace Hopper"),
        ("{{ contact.fields.text }}", "a <b>"),
        ("{{ contact.fields.number }}", "2.5"),
        ("{{ contact.fields.number | plus: 1 }}", "3.5"),
        ("{{ contact.fields.money }}", "9.9 EUR"),
        ("{{ contact.fields.date }}", "2026-05-01"),
        ("{{ contact.fields.date | date: '%d/%m/%Y' }}", "01/05/2026"),
        ("{{ contact.fields.datetime | date: '%d/%m/%Y %H:%M' }}", "01/05/2026 17:00"),
        ("{{ contact.fields.multiselect }}", "Red, Blue"),
        ("{{ contact.fields.multiselect | join: ' + ' }}", "Red + Blue"),
        ("{% for x in contact.fields.multiselect %}[{{ x }}]{% endfor %}", "[Red][Blue]"),
        ("{% if contact.fields.multiselect contains 'Red' %}y{% endif %}", "y"),
        ("{% if contact.fields.checkbox %}y{% else %}n{% endif %}", "y"),
        ("{{ contact.fields.dropdown }}{{ contact.fields.radio }}{{ contact.fields.hidden }}", "RedBlueh"),
        ("{{ contact.fields.url }}", "https://example.com/?a=1&b=2"),
        ("{{ contact.fields.email }} {{ contact.fields.phone }}", "x@example.com +33123456789"),
        ("{{ event.tag }}", "7"),
        ("100 % {sure} } {", "100 % {sure} } {"),
    ],
)
def test_personalisation(template, text, db):
    owner = UserFactory(first_name="Grace", last_name="Hopper")
    contact = ContactFactory(time_zone="Asia/Tokyo", owner=owner)
    for kind, raw in SAMPLES.items():
        give(contact, kind, raw)
    assert set(SAMPLES) == set(FIELD_TYPES)
    result = seen({"subject": f"|{template}|", "text": template}, contact, {"data": {"tag": 7}})
    assert result.subject == f"|{text}|"
    assert result.text.startswith(text)


def test_values_are_escaped_in_html_and_nowhere_else(db):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    result = seen(
        {
            "subject": "{{ contact.first_name }}",
            "html": "<p title='{{ contact.first_name }}'>{{ contact.first_name }}</p>",
        },
        first_name=evil,
    )
    assert result.subject == evil
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x" in result.html
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append(tag)
    parser.feed(result.html)
    assert "p" in found and not {"script", "img"} & set(found), "in the title it is text too"


@pytest.mark.parametrize(
    "template",
    [
        "{{ contact.__class__ }}", "{{ contact._meta }}", "{{ contact.email.__class__.__mro__ }}",
        "{{ settings.SECRET_KEY }}", "{{ links.__class__ }}", "{{ contact.owner.password }}",
        "{{ contact.fields.multiselect.__class__ }}", "{{ contact.save }}", "{{ contact.fields.datetime.tzinfo }}",
    ],
)  # fmt: skip
def test_nothing_else_can_be_reached(template, db):
    contact = ContactFactory(owner=UserFactory())
    for kind in ("multiselect", "datetime"):
        give(contact, kind, SAMPLES[kind])
    assert seen({"subject": f"[{template}]"}, contact).subject == "[]"


@pytest.mark.parametrize(
    "template",
    ["{% include 'x' %}", "{% render 'x' %}", "{{ unclosed", "{% if x %}", "{% nonsense %}", "{{ x | nonsense }}"],
)
def test_templates_that_do_not_parse_are_refused_in_the_form(template, db):
    for name in ("subject", "preheader", "html", "text"):
        with pytest.raises(ValidationError) as refused:
            SendEmailStep.Form.validate(EMAIL | {name: template})
        assert list(refused.value.message_dict) == [name]


def test_a_template_that_takes_too_much_is_stopped(db):
    bomb = "{% for i in (1..100) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}"
    validate_template(bomb)
    with pytest.raises(ValidationError, match="personalisation failed"):
        seen({"html": bomb})


# --- Headers ---------------------------------------------------------------------------------------

BREAKS = [
    "a\r\nBcc: evil@example.com",
    "a\nBcc: evil@example.com",
    "a\rBcc: x",
    "a\u2028Bcc: x",
    "a\x00b",
    "a\x0bBcc: x",
]


@pytest.mark.parametrize("value", BREAKS[:4])
def test_no_header_can_be_injected(value, arrive):
    received = arrive(
        {"subject": "Hi {{ contact.first_name }}", "preheader": "{{ contact.first_name }}"}, first_name=value
    )
    assert received.message["Bcc"] is None and received.recipients == ("ada@example.com",)
    assert received.subject == "Hi " + " ".join(value.split())


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in ("from_name", "from_email", "reply_to") for value in BREAKS[:3]]
    + [("from_email", "nonsense"), ("reply_to", "a@b"), ("from_name", 'x" <evil@example.com>')],
)
def test_senders_that_are_refused(name, value, db):
    with pytest.raises(ValidationError) as refused:
        SendEmailStep.Form.validate(EMAIL | {name: value})
    assert list(refused.value.message_dict) == [name]


def test_an_emoji_of_several_characters_stays_whole(db):
    assert seen({"subject": "👩\u200d🔬 {{ contact.first_name }}"}).subject == "👩\u200d🔬 Ada"


def test_a_long_subject_arrives_whole(arrive):
    subject = "ö" * 240
    assert arrive({"subject": subject}).subject.strip() == subject


# --- HTML ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("<p>a</p><script>alert(1)</script>", "alert"),
        ("<p onclick='x()'>a</p>", "onclick"),
        ("<svg onload='x()'><circle></svg><p>a", "svg"),
        ("<iframe src='https://example.com'></iframe><p>a", "iframe"),
        ("<form action='https://evil.example'><input name=x><button>Go</button></form><p>a", "form"),
        ("<a href='javascript:alert(1)'>a</a>", "javascript"),
        ("<a href=' jav\tascript:alert(1)'>a</a>", "script:"),
        ("<img src='data:text/html,x'>a", "data:"),
        ("<object data='x'></object><embed src='x'><p>a", "object"),
        ("<meta http-equiv=refresh content='0;url=x'><base href='https://evil.example'><p>a", "evil"),
        ("<link rel=stylesheet href='https://evil.example/x.css'><p>a", "evil"),
        ("<title>T</title><p>a", "T"),
        ("<style></style><script>x</script></style><p>a", "script"),
    ],
)
def test_what_is_taken_out_of_content(source, gone):
    cleaned = clean_html(source)
    assert gone not in cleaned and "a" in cleaned


@pytest.mark.parametrize(
    "source",
    [
        '<table width="600" cellpadding="0" bgcolor="#ffffff" role="presentation"><tbody><tr>'
        '<td align="center" valign="top" style="padding:8px">x</td></tr></tbody></table>',
        "<!--[if mso]><table><tr><td><![endif]-->",
        '<img src="https://example.com/a.png" alt="A" width="10" height="20">',
        '<a href="https://example.com/?a=1&amp;b=2" target="_blank">x</a>',
        '<a href="mailto:a@example.com">x</a>',
        '<font color="red" face="Arial">x</font>',
        "<style>@media (max-width:600px){.a{color:red}}</style>",
        '<p dir="rtl" lang="ar" class="a">x</p>',
    ],
)
def test_what_stays_in_content(source):
    assert clean_html(source) == source


def test_a_whole_document_keeps_its_own_layout(db):
    page = (
        "<!DOCTYPE html><html><head><title>T</title><style>.x{color:red}</style></head>"
        "<body style='background:#eee'><p class=x>Hi</p></body></html>"
    )
    html = seen({"html": page}).html
    assert html.lower().count("<html") == 1 and html.lower().count("<body") == 1
    assert (
        "letter-sheet" not in html and 'style="color: red;"' in html and "background:#eee" in html.replace(" ", "")
    )
    assert "letter-sheet" in seen({"html": "<p>Hi</p>"}).html


def test_no_remote_or_local_style_sheet_is_loaded(tmp_path):
    sheet = tmp_path / "secret.css"
    sheet.write_text("p { color: red }")
    assert "red" not in inline_css(
        f"<html><head><link rel=stylesheet href='file://{sheet}'></head><body><p>x</body></html>"
    )


def test_plain_text_from_html():
    html = (
        "<h1>Title</h1><p>One <b>two</b> <a href='https://example.com/?a=1&amp;b=2'>three</a></p>"
        "<ul><li>x<li>y</ul><img src='https://example.com/a.png' alt='A'>"
    )
    text = as_text(html)
    assert "# Title" in text and "**two**" in text and "[three](<https://example.com/?a=1&b=2>)" in text
    assert "* x" in text and "a.png" not in text


# --- Back ends -------------------------------------------------------------------------------------


@pytest.fixture
def anymail(settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    mail.outbox = []
    return mail


def test_anymail_by_setting(anymail, queue, deliver, ledger):
    queue(2)
    deliver()
    assert ledger().statuses == ["sent", "sent"]
    assert [row.message_id for row in ledger().rows] == ["0", "1"], "the provider's id is kept"
    sent = anymail.outbox[0]
    assert sent.to == ["p0@example.com"] and sent.extra_headers["List-Unsubscribe-Post"]
    assert sent.anymail_status.status == {"sent"}


def test_anymail_is_told_which_email_it_is(anymail, queue, deliver):
    """By it a provider's notice is found again where its message id is not ours."""
    queue(2)
    deliver()
    told = {sent.to[0]: sent.anymail_test_params["metadata"] for sent in anymail.outbox}
    emails = SentEmail.objects.select_related("contact")
    assert told == {email.contact.email: {"sent_email": str(email.pk)} for email in emails}
    assert len(told) == 2


def test_anymail_refuses_a_recipient(anymail):
    message = EmailMessage("a", "b", "me@example.com", ["you@example.com"])
    refused = AnymailRecipientStatus(message_id=None, status="rejected")
    message.anymail_test_response = {"recipient_status": {"you@example.com": refused}}
    with mail_connection() as connection, pytest.raises(Permanent, match="rejected"):
        hand_over(connection, message)


@pytest.mark.parametrize(
    ("status", "expected", "paused"),
    [
        (200, "sent", False),
        (422, "failed", False),
        (401, "pending", True),
        (429, "pending", True),
        (503, "pending", True),
        (500, "uncertain", False),
        (502, "uncertain", False),
    ],
)
def test_a_providers_web_api(status, expected, paused, queue, deliver, ledger, http_target, settings):
    """Postmark's back end, with its API played by a real HTTP server."""

    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x", "POSTMARK_API_URL": f"{http_target.url}/"}
    body = b'[{"ErrorCode": 0, "Message": "OK", "MessageID": "abc-1", "To": "p0@example.com", "SubmittedAt": "x"}]'
    answer = body[1:-1] if status == 200 else b'{"ErrorCode": 1, "Message": "no"}'
    http_target.default = Answer(status=status, body=answer, headers=(("Content-Type", "application/json"),))
    queue(1)
    deliver()
    row = ledger().first
    assert row.status == expected, row.error
    assert row.message_id == ("abc-1" if expected == "sent" else "")
    assert SenderState.objects.filter(failures__gt=0).exists() == paused


@pytest.mark.parametrize(("drop", "status"), [(True, "uncertain"), (False, "pending")])
def test_a_provider_that_breaks_off_or_is_not_there(drop, status, queue, deliver, ledger, http_target, settings):

    url = http_target.url if drop else f"http://127.0.0.1:{free_port()}"
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x", "POSTMARK_API_URL": f"{url}/"}
    http_target.default = Answer(drop=True)
    queue(2)
    deliver()
    assert ledger().statuses == [status, "pending"]


def test_the_file_back_end_needs_nothing(queue, deliver, ledger, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = (
        "django.core.mail.backends.filebased.EmailBackend",
        str(tmp_path),
    )
    queue(2)
    deliver()
    assert ledger().statuses == ["sent", "sent"]
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert written.count("Subject: Hello Ada") == 2
