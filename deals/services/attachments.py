"""Files for personal e-mails: taken in within limits, handed out by signed links, and each fetch a fact."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.mail_tokens import make_token
from contacts.models.engagement import EmailAction
from contacts.services.changes import current_facts
from contacts.services.engagement import record_email_activity
from deals.models import FileDownload, MailAttachment, PersonalEmail

#: An upload that no e-mail took goes after so long.
UNUSED = timedelta(days=1)


def store_attachment(*, file: File, name: str, user_id: int | None) -> MailAttachment:
    """Keep an upload until its e-mail is sent; ValidationError for a type or size that is not allowed."""
    clean = _clean_name(name)
    kind = PurePath(clean).suffix.lower().lstrip(".")
    if kind not in settings.MAIL_ATTACHMENT_TYPES:
        raise ValidationError(
            {"file": _("“%(name)s” can't be attached; allowed are: %(types)s.") % {
                "name": clean, "types": ", ".join(settings.MAIL_ATTACHMENT_TYPES),
            }},
            code="type",
        )  # fmt: skip
    if not file.size:
        raise ValidationError({"file": _("“%s” is empty.") % clean}, code="empty")
    if file.size > settings.MAIL_ATTACHMENT_MAX_BYTES:
        limit = filesizeformat(settings.MAIL_ATTACHMENT_MAX_BYTES)
        text = _("“%(name)s” is larger than %(limit)s.") % {"name": clean, "limit": limit}
        raise ValidationError({"file": text}, code="size")
    attachment = MailAttachment(name=clean, size=file.size, user_id=user_id)
    attachment.file.save(clean, file, save=False)
    try:
        attachment.save()
    except BaseException:
        attachment.file.delete(save=False)
        raise
    return attachment


def unsent_attachments(*, ids: Sequence[int], user_id: int | None) -> list[MailAttachment]:
    """The uploads of that user with these ids, in this order; ValidationError for others and for too many."""
    if len(ids) > settings.MAIL_ATTACHMENTS_PER_EMAIL:
        limit = settings.MAIL_ATTACHMENTS_PER_EMAIL
        raise ValidationError({"attachments": _("An e-mail takes at most %d files.") % limit})
    found = MailAttachment.objects.in_bulk(ids)
    for pk in ids:
        if pk not in found or found[pk].user_id != user_id or found[pk].email_id is not None:
            raise ValidationError(
                {"attachments": _("There is no upload %s of yours; upload the file again.") % pk}
            )
    return [found[pk] for pk in dict.fromkeys(ids)]


def take_attachments(*, email: PersonalEmail, attachments: Sequence[MailAttachment]) -> None:
    """They are the e-mail's from now on; ValidationError where another took one meanwhile."""
    ids = [attachment.pk for attachment in attachments]
    if MailAttachment.objects.filter(pk__in=ids, email=None).update(email=email) != len(ids):
        raise ValidationError(
            {"attachments": _("A file was sent with another e-mail meanwhile; upload it again.")}
        )


@transaction.atomic
def record_download(*, attachment: MailAttachment) -> FileDownload | None:
    """The contact fetched it; who does that has opened the e-mail. None where no e-mail ever had it."""
    email = attachment.email
    if email is None:
        return None
    if email.email is not None and email.email.opened_at is None:
        record_email_activity(email=email.email, action=EmailAction.OPEN)
    download = FileDownload(
        contact_id=email.contact_id,
        attachment=attachment,
        email=email,
        file_name=attachment.name,
        at=timezone.now(),
        **current_facts(),
    )
    download.save(force_insert=True)
    return download


def attachment_url(attachment: MailAttachment) -> str:
    """The page that hands it out; the address can't be guessed or altered."""
    path = reverse("files:attachment", args=[make_token("attachment", attachment.pk)])
    return str(settings.SITE_URL) + path


def delete_unused_attachments(*, now: datetime) -> int:
    """Uploads that no e-mail took; returns how many. Their files go with them (deals.receivers)."""
    rows = MailAttachment.objects.filter(email=None, created_at__lt=now - UNUSED)
    return sum(bool(row.delete()) for row in rows.order_by("pk")[:1_000])


def _clean_name(name: str) -> str:
    """The last part of the path, printable, in one line and not too long; its ending stays."""
    last = PurePath(name.replace("\\", "/")).name
    text = " ".join("".join(c if c.isprintable() and c not in '"<>' else " " for c in last).split()).strip(". ")
    path = PurePath(text or "file")
    return f"{path.stem[:150]}{path.suffix[:20]}"


def shown_size(attachment: Any) -> str:
    return str(filesizeformat(attachment.size))
