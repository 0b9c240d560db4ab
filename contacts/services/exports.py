"""Contacts as CSV, a chunk at a time: memory stays the same for ten rows or a million."""

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set
from contacts.csv_safety import csv_line
from contacts.models import Contact, ContactTag, CustomField, ExportJob, Subscription
from contacts.origin import current_origin
from contacts.selectors.fields import contact_fields, values_of

from . import leases
from .queue import enqueue
from .selection import contact_ids

AT_ONCE = 10_000
CHUNK = 2_000
SEPARATOR = "|"

STANDARD = (
    "email", "first_name", "last_name", "phone", "owner", "time_zone", "language", "id",
    "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """`lines` to be streamed, or the `job` that writes them into a file."""

    lines: Iterator[str] | None = None
    job: ExportJob | None = None


def export_columns() -> dict[str, str]:
    """Columns that can be chosen: key -> label. An import understands the keys."""
    fields = contact_fields()
    return {
        **{name: str(_label(name)) for name in STANDARD},
        "tags": _("Tags"),
        "lists": _("Lists"),
        **{key: field.label for key, field in fields.items()},
    }


def export_contacts(*, contacts: QuerySet[Contact], columns: Sequence[str] = ()) -> ExportOutcome:
    """Stream up to 10,000 contacts; above, queue a job. No columns means all of them."""
    chosen = _checked(columns)
    ids = contact_ids(contacts)
    if len(ids) <= AT_ONCE:
        return ExportOutcome(lines=csv_lines(ids=ids, columns=chosen))
    with transaction.atomic():
        job = ExportJob.objects.create(
            columns=chosen, contact_ids=ids, total=len(ids), created_by_id=current_origin().user_id
        )
        enqueue("contacts.tasks.run_export", job.pk)
    return ExportOutcome(job=job)


def csv_lines(*, ids: Sequence[int], columns: Sequence[str]) -> Iterator[str]:
    """A header of keys, then a line per contact that still exists. A fixed number of queries per chunk."""
    fields = {key: field for key, field in contact_fields().items() if key in columns}
    yield "\ufeff" + csv_line(columns)
    for chunk in chunks(ids, CHUNK):
        yield "".join(csv_line(row) for row in _rows(chunk, columns, fields))


def run_export(*, job_id: int) -> None:
    """Write a job's file. After a crash it is written anew: nothing of it was to be seen before."""
    job = leases.claim(model=ExportJob, job_id=job_id)
    if job is None:
        return
    with leases.failures_of(job=job), tempfile.TemporaryFile() as file:
        leases.restart(job=job)
        for number, part in enumerate(csv_lines(ids=job.contact_ids, columns=job.columns)):
            file.write(part.encode())
            if number:
                leases.advance(job=job, done=min(CHUNK, job.total - job.processed))
        file.seek(0)
        job.file.save(f"contacts-{job.pk}.csv", File(file), save=False)
        leases.finish(job=job, file=job.file.name)


def _checked(columns: Sequence[str]) -> list[str]:
    known = export_columns()
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise ValidationError(
            _("There is no column “%s” to export.") % "”, “".join(str(column) for column in unknown[:5]),
            code="columns",
        )
    return list(dict.fromkeys(columns)) or list(known)


def _label(name: str) -> Any:
    field = Contact._meta.get_field(name)
    text = str(getattr(field, "verbose_name", name))
    return text if text.isupper() else text[:1].upper() + text[1:]


def _rows(ids: Collection[int], columns: Sequence[str], fields: dict[str, CustomField]) -> Iterator[list[Any]]:
    contacts = Contact.objects.filter(pk__in=id_set(ids)).select_related("owner").order_by("pk")
    custom = values_of(ids, list(fields.values())) if fields else {}
    tags = _names(ContactTag.objects.filter(contact__in=id_set(ids)), "tag__name") if "tags" in columns else {}
    active = Subscription.objects.filter(contact__in=id_set(ids), status="active")
    lists = _names(active, "list__name") if "lists" in columns else {}
    for contact in contacts:
        row = []
        for column in columns:
            if column in fields:
                text = fields[column].kind.to_text(custom.get(contact.pk, {}).get(column))
                row.append(text.replace("\n", SEPARATOR) if fields[column].kind.multiple else text)
            elif column in ("tags", "lists"):
                row.append(SEPARATOR.join((tags if column == "tags" else lists).get(contact.pk, [])))
            else:
                row.append(_standard(contact, column))
        yield row


def _standard(contact: Contact, column: str) -> str:
    value = getattr(contact, column)
    if value is None:
        return ""
    if column == "owner":
        return str(value.get_username())
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _names(rows: QuerySet[Any], name: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for contact_id, text in rows.order_by(name).values_list("contact_id", name):
        found[contact_id].append(text)
    return found
