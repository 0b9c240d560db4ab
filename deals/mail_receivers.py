"""What personal e-mails do when contacts are merged, erased or exported, and when a file's row goes."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.origin import Source
from contacts.selectors.timeline import Cursor, Entry, register_provider, rows_before
from contacts.services.usage import check_unused
from contacts.signals import contacts_merging, person_exporting
from deals.models import FileDownload, MailAttachment, Mailbox, PersonalEmail
from deals.models.mail import Direction


@receiver(post_delete, sender=MailAttachment)
def _delete_file(instance: MailAttachment, **kwargs: Any) -> None:
    """People's data does not stay behind in files that nothing leads to."""
    if instance.file:
        instance.file.storage.delete(str(instance.file.name))


@receiver(pre_delete, sender=Mailbox)
def _refuse_if_used(instance: Mailbox, origin: Any, **kwargs: Any) -> None:
    """One that goes with its user goes: steps that name it say that it is not connected."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is Mailbox:
        check_unused(record=instance)


@receiver(contacts_merging)
def merge_personal(keep: Contact, drop: Contact, **kwargs: Any) -> None:
    PersonalEmail.objects.filter(contact=drop).update(contact=keep)
    FileDownload.objects.filter(contact=drop).update(contact=keep)


@receiver(person_exporting)
def export_personal(contact: Contact, **kwargs: Any) -> dict[str, Any]:
    emails = PersonalEmail.objects.filter(contact=contact).prefetch_related("attachments").order_by("pk")
    downloads = FileDownload.objects.filter(contact=contact).order_by("pk")
    return {
        "personal_emails": [
            {
                "direction": row.direction,
                "from": row.sender,
                "to": row.recipient,
                "subject": row.subject,
                "text": row.text,
                "files": [*row.files, *(file.name for file in row.attachments.all())],
                "sentiment": row.sentiment,
                "at": row.at.isoformat(),
            }
            for row in emails
        ],
        "file_downloads": [{"file": row.file_name, "at": row.at.isoformat()} for row in downloads],
    }


def _received(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    """What the contact wrote by themselves: answers are in the timeline as e-mail activity."""
    own = Q(direction=Direction.IN) & (Q(in_reply_to="") | Q(automatic=True))
    rows = PersonalEmail.objects.filter(own, contact=contact)
    for row in rows_before(rows, "personal emails", cursor, size):
        title = _("Automatic answer: “%s”") if row.automatic else _("Wrote: “%s”")
        yield Entry(row.at, row.pk, "mail", title % row, text=row.text[:500], source=Source.CONTACT)


def _downloads(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(FileDownload.objects.filter(contact=contact), "downloads", cursor, size):
        yield Entry(row.at, row.pk, "download", _("Fetched the file “%s”.") % row.file_name, source=row.source)


register_provider("personal emails", _received)
register_provider("downloads", _downloads)
