"""Builds one personal e-mail: as a person writes it, with their signature and the links to its files.

Nothing of a marketing e-mail is added: no way out, no postal address, no sheet around the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import gettext as _

from automations.models import Delivery
from contacts.mail_tokens import reply_address
from contacts.models import Contact, SentEmail
from deals.models import MailAttachment, Mailbox, PersonalEmail
from deals.services.attachments import attachment_url, shown_size

from .content import as_text, clean_html, inline_css
from .message import one_line
from .rendering import personalise, records_of, validate_template
from .tracking import ANY_MARK, LIQUID, TEXT_URL, TRAILING, Tracking

TAGS = re.compile(r"<\s*/?\s*(?:[a-z][a-z0-9]*)\b[^>]*>|<!--", re.IGNORECASE)
LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Letter:
    """Personalised and cleaned; `html` is a fragment, and may bear the marks of links that are counted."""

    subject: str
    html: str

    @property
    def plain_html(self) -> str:
        return ANY_MARK.sub("", self.html)


def as_html(source: str) -> str:
    """What somebody wrote without tags, with paragraphs, line breaks and links; HTML as it is."""
    if TAGS.search(re.sub(LIQUID, "", source, flags=re.S)):
        return source
    linked = TEXT_URL.sub(_link, source.replace("\r\n", "\n").strip())
    paragraphs = re.split(r"\n\s*\n", linked)
    return "\n".join("<p>{}</p>".format(text.strip().replace("\n", "<br>\n")) for text in paragraphs)


def _link(found: re.Match[str]) -> str:
    url = found[0].rstrip(TRAILING)
    return f'<a href="{url}">{url}</a>{found[0][len(url) :]}'


def check_letter(subject: str, body: str) -> None:
    """ValidationError by field for what can't be sent to anybody."""
    errors: dict[str, Any] = {}
    for name, text, limit in (("subject", subject, 250), ("body", body, LONGEST)):
        if not text.strip():
            errors[name] = _("Write something first.")
        elif len(text) > limit:
            errors[name] = _("At most %d characters.") % limit
        else:
            try:
                validate_template(text)
            except ValidationError as error:
                errors[name] = error
    if errors:
        raise ValidationError(errors)


def write_letter(
    subject: str, body: str, contact: Contact, event: Mapping[str, Any], records: Mapping[str, Any] | None = None
) -> Letter:
    """Personalised; `body` is HTML (see `as_html`). ValidationError where that fails for this contact."""
    known = records_of(contact, event, subject, body) if records is None else records
    filled = one_line(personalise(subject, contact, event, html=False, records=known))
    if not filled:
        raise ValidationError(_("The subject is empty for this contact; give its names a fall-back."))
    return Letter(filled[:250], clean_html(personalise(body, contact, event, html=True, records=known)))


def document(
    html: str, *, signature: str = "", files: Iterable[MailAttachment] = (), pixel: str = "", inert: bool = False
) -> str:
    """The whole of what the contact sees. `inert`: the links to files lead nowhere, for a preview."""
    context = {
        "body": html,
        "signature": clean_html(as_html(signature)) if signature.strip() else "",
        "files": [
            {"name": file.name, "size": shown_size(file), "url": "" if inert else attachment_url(file)}
            for file in files
        ],
        "pixel": pixel,
    }
    return inline_css(render_to_string("automations/email/personal.html", context))


def message_id(delivery: Delivery, mailbox: Mailbox | None) -> str:
    """The same at a second try; known before it is sent, so that an answer finds it whatever happens."""
    own = mailbox.address.rpartition("@")[2] if mailbox else ""
    domain = own or urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<personal-{delivery.pk}.{delivery.created_at:%Y%m%d%H%M%S}@{domain}>"


def build_personal(
    row: PersonalEmail,
    html: str,
    *,
    email: SentEmail,
    mailbox: Mailbox | None,
    files: Sequence[MailAttachment],
    tracking: Tracking | None,
) -> EmailMultiAlternatives:
    """The message as it goes out; `html` is the letter's, with marks where links are counted."""
    pixel = ""
    if tracking is not None:
        html = tracking.html(html, email.pk, ())
        pixel = tracking.pixel(email.pk)
    signature = mailbox.signature if mailbox else ""
    whole = document(ANY_MARK.sub("", html), signature=signature, files=files, pixel=pixel)
    message = EmailMultiAlternatives(
        subject=row.subject,
        body=as_text(whole) + "\n",
        from_email=sender_of(mailbox, row.user),
        to=[email.address],
        reply_to=_reply_to(mailbox, row.user, email),
        headers=_headers(row),
    )
    message.attach_alternative(whole, "text/html")
    return message


def sender_of(mailbox: Mailbox | None, user: Any) -> str:
    """Without a mailbox the system sends, in the user's name."""
    if mailbox is not None:
        return formataddr((one_line(mailbox.sender_name), mailbox.address))
    name = one_line(user.get_full_name()) if user is not None else ""
    address = settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].strip(" >")
    return formataddr((name, address)) if name else str(settings.DEFAULT_FROM_EMAIL)


def _reply_to(mailbox: Mailbox | None, user: Any, email: SentEmail) -> list[str] | None:
    if mailbox is not None:
        return None
    address = reply_address(email.pk) or (user.email if user is not None else "")
    return [address] if address else None


def _headers(row: PersonalEmail) -> dict[str, str]:
    headers = {"Message-ID": row.message_id}
    if row.in_reply_to:
        headers |= {"In-Reply-To": row.in_reply_to, "References": row.references or row.in_reply_to}
    return headers


def quoted_text(row: PersonalEmail) -> str:
    """The e-mail that is answered, as it stands below an answer."""
    lines = "\n".join(f"> {line}" for line in row.text.splitlines()[:200])
    return escape(lines)
