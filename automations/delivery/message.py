"""Builds one marketing e-mail: personalised, CSS inlined, with plain text and the headers it must carry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from automations.models import Delivery
from contacts.language import language_of
from contacts.mail_tokens import reply_address
from contacts.models import Contact, SentEmail

from .content import as_text, clean_html, has_own_layout, inline_css
from .own_links import links_of, preview_links, public_links
from .rendering import personalise, records_of
from .tracking import Tracking

TEXTS = ("subject", "preheader", "html", "text")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Preview:
    """What one contact would see. `html` is a whole document; show it sandboxed."""

    subject: str
    preheader: str
    sender: str
    reply_to: str
    html: str
    text: str


def build_message(
    content: Mapping[str, Any],
    contact: Contact,
    event: Mapping[str, Any],
    email: SentEmail,
    delivery: Delivery,
    tracking: Tracking | None = None,
) -> EmailMultiAlternatives:
    """The message as it goes out. `content` holds a send-e-mail step's settings; the link to unsubscribe
    leaves the e-mail's lists (none: all). ValidationError when it can't be made for this contact."""
    links = links_of(content, contact, email)
    seen = _fill(content, contact, event, links, _Counted(tracking, email.pk) if tracking else None)
    message = _message(seen, contact.email, _headers(links, delivery))
    if not message.reply_to and (address := reply_address(email.pk)):
        message.reply_to = [address]
    return message


def web_version(
    content: Mapping[str, Any], contact: Contact, event: Mapping[str, Any], email: SentEmail
) -> Preview:
    """What the recipient sees in a browser: the same, but nothing is counted."""
    return _fill(content, contact, event, links_of({**content, "track_links": False}, contact, email))


def public_version(content: Mapping[str, Any], email: SentEmail, language: str = "") -> Preview:
    """What anybody may see: for nobody in particular, without the links that are the recipient's own."""
    nobody = Contact(language=language)
    nobody.custom_values = {}
    return _fill(content, nobody, {}, public_links(email.pk))


def preview(content: Mapping[str, Any], contact: Contact, event: Mapping[str, Any] | None = None) -> Preview:
    """What `contact` would see; same code as sending, but the links change nothing."""
    return _fill(content, contact, event or {}, preview_links())


def build_test(content: Mapping[str, Any], contact: Contact, address: str) -> EmailMultiAlternatives:
    """The preview as a message to someone of the team: marked, without a header for one click."""
    seen = preview(content, contact)
    message = _message(seen, address, {"X-Test-Message": "yes"})
    message.subject = _("[Test] %s") % seen.subject
    return message


class _Counted(NamedTuple):
    """How this one e-mail's opens and clicks are counted."""

    tracking: Tracking
    email: int


def _fill(
    content: Mapping[str, Any],
    contact: Contact,
    event: Mapping[str, Any],
    links: Mapping[str, str],
    counted: _Counted | None = None,
) -> Preview:
    """With nothing to count the links lead straight to where they lead, and there is no pixel."""
    own = tuple(links.values())
    records = records_of(contact, event, *(str(content.get(name) or "") for name in TEXTS))
    content = counted.tracking.content(content) if counted else content

    def fill(name: str, *, html: bool = False) -> str:
        return personalise(content.get(name) or "", contact, event, html=html, links=links, records=records)

    with translation.override(language_of(contact)):
        subject, preheader = one_line(fill("subject")), one_line(fill("preheader"))
        source = fill("html", html=True)
        body, own_text = clean_html(source), fill("text").strip()
        pixel = ""
        if counted:
            tracking, email = counted
            body, own_text = tracking.html(body, email, own), tracking.text(own_text, email, own)
            pixel = tracking.pixel(email)
        text = _as_text(own_text or as_text(body), links)
        html = _document(body, preheader, links, pixel, sheet=not has_own_layout(source))
    if not subject:
        raise ValidationError(_("The subject is empty for this contact; give its names a fall-back."))
    address = content.get("from_email") or ""
    name = one_line(content.get("from_name") or "")
    sender = formataddr((name, address)) if address else settings.DEFAULT_FROM_EMAIL
    return Preview(subject, preheader, sender, content.get("reply_to") or "", html, text)


def _message(seen: Preview, address: str, headers: Mapping[str, str]) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=seen.subject,
        body=seen.text,
        from_email=seen.sender,
        to=[address],
        reply_to=[seen.reply_to] if seen.reply_to else None,
        headers=dict(headers),
    )
    message.attach_alternative(seen.html, "text/html")
    return message


def _document(body: str, preheader: str, links: Mapping[str, str], pixel: str, *, sheet: bool) -> str:
    """A whole document around the content: preheader, and a foot where the content has no way out itself."""
    context = {
        "body": body,
        "sheet": sheet,
        "preheader": preheader,
        "links": links,
        "pixel": pixel,
        "needs_foot": bool(links["unsubscribe"]) and links["unsubscribe"] not in body,
        "address": settings.EMAIL_POSTAL_ADDRESS,
    }
    return inline_css(render_to_string("automations/email/document.html", context))


def _as_text(text: str, links: Mapping[str, str]) -> str:
    """The plain text with the same foot."""
    foot = [settings.EMAIL_POSTAL_ADDRESS] if settings.EMAIL_POSTAL_ADDRESS else []
    if links["unsubscribe"] and links["unsubscribe"] not in text:
        foot.append(_("Unsubscribe: %s") % links["unsubscribe"])
        foot.append(_("E-mail preferences: %s") % links["preferences"])
    # “-- ” opens a signature: mail programs leave it out of replies.
    return "\n".join([text, "", "-- ", *foot, ""]) if foot else f"{text}\n"


def one_line(text: str) -> str:
    """No header can be broken by what a field holds."""
    return " ".join(CONTROL.sub(" ", text).split())


def _headers(links: Mapping[str, str], delivery: Delivery) -> dict[str, str]:
    """RFC 8058 one-click unsubscribing, and a Message-ID that a second try repeats."""
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return {
        "List-Unsubscribe": f"<{links['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<delivery-{delivery.pk}.{delivery.created_at:%Y%m%d%H%M%S}@{domain}>",
    }
