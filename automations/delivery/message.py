"""Builds one marketing e-mail: personalised, CSS inlined, with plain text and the headers it must carry."""

from collections.abc import Mapping, Sequence
from email.utils import formataddr
from typing import Any

import css_inline
import html2text
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from automations.models import Delivery
from contacts.links import preferences_url, unsubscribe_url
from contacts.models import Contact

from .rendering import personalise


def build_message(
    content: Mapping[str, Any],
    contact: Contact,
    event: Mapping[str, Any],
    lists: Sequence[int],
    delivery: Delivery | None = None,
) -> EmailMultiAlternatives:
    """The message as it goes out. `content` holds a send-e-mail step's settings; ValidationError if it can't be.

    Without a `delivery` (a preview) nothing else differs.
    """
    links = {
        "unsubscribe": unsubscribe_url(contact, lists),
        "preferences": preferences_url(contact),
    }

    def fill(source: str, *, html: bool) -> str:
        return personalise(source, contact, event, html=html, links=links)

    with translation.override(contact.language or settings.LANGUAGE_CODE):
        html = _document(fill(content["html"], html=True), fill(content["preheader"], html=False), links)
        text = fill(content["text"], html=False) or as_text(html)
    sender = formataddr((content["from_name"], content["from_email"])) if content["from_email"] else None
    message = EmailMultiAlternatives(
        subject=" ".join(fill(content["subject"], html=False).split()),
        body=text,
        from_email=sender or settings.DEFAULT_FROM_EMAIL,
        to=[contact.email],
        reply_to=[content["reply_to"]] if content["reply_to"] else None,
        headers=_headers(links, delivery),
    )
    message.attach_alternative(html, "text/html")
    return message


def as_text(html: str) -> str:
    """HTML as readable plain text, links kept."""
    converter = html2text.HTML2Text(bodywidth=0)
    converter.ignore_images = True
    converter.protect_links = True
    return converter.handle(html).strip() + "\n"


def _document(body: str, preheader: str, links: Mapping[str, str]) -> str:
    """A whole document around the content: preheader, and a foot where the content has no way out itself."""
    context = {
        "body": body,
        "preheader": preheader,
        "links": links,
        "needs_foot": links["unsubscribe"] not in body,
        "address": settings.EMAIL_POSTAL_ADDRESS,
    }
    html = render_to_string("automations/email/document.html", context)
    return css_inline.inline(html, load_remote_stylesheets=False)


def _headers(links: Mapping[str, str], delivery: Delivery | None) -> dict[str, str]:
    """RFC 8058 one-click unsubscribing, and a Message-ID that a second try would repeat."""
    headers = {
        "List-Unsubscribe": f"<{links['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if delivery is not None:
        domain = settings.SITE_URL.split("//")[-1].split(":")[0].split("/")[0]
        headers["Message-ID"] = f"<delivery-{delivery.pk}.{delivery.created_at:%Y%m%d%H%M%S}@{domain}>"
    return headers
