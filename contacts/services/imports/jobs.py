"""Taking a file in, showing what is in it, and starting the work."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import ImportIssue, ImportJob
from contacts.models.jobs import JobStatus
from contacts.selectors.fields import contact_fields
from contacts.services.queue import enqueue

from .mapping import check_mapping, propose_mapping
from .options import ImportOptions
from .reading import UNDECODABLE, RawRow, detect_delimiter, examine, open_rows, read_header

PREVIEW_ROWS = 5


@dataclass(slots=True)
class Preview:
    """The header, the first rows, and sentences about what was assumed of the file."""

    headers: list[str]
    rows: list[list[str]]
    notices: list[str]


def create_import(*, file: File, user_id: int | None = None) -> ImportJob:
    """Keep an uploaded file as a draft import with a proposed mapping; ValidationError if it can't be one."""
    if (file.size or 0) > settings.IMPORT_MAX_BYTES:
        raise ValidationError(
            _("The file has %(size)s MB; at most %(limit)s MB can be imported at once. Split it.")
            % {"size": _megabytes(file.size), "limit": _megabytes(settings.IMPORT_MAX_BYTES)},
            code="too_large",
        )
    raw = cast(IO[bytes], file.file)
    text = examine(raw)
    delimiter = detect_delimiter(raw, text.encoding)
    if text.lines > settings.IMPORT_MAX_ROWS:
        _count_rows(raw, text.encoding, delimiter)
    with open_rows(raw, encoding=text.encoding, delimiter=delimiter) as rows:
        headers = read_header(rows)
        if next(rows, None) is None:
            raise ValidationError(_("The file has column names but no rows."), code="empty")
    file.seek(0)
    return ImportJob.objects.create(
        file=file,
        status=JobStatus.DRAFT,
        encoding=text.encoding,
        delimiter=delimiter,
        mapping=propose_mapping(headers),
        options=ImportOptions().to_json(),
        created_by_id=user_id,
    )


def import_preview(*, job: ImportJob, count: int = PREVIEW_ROWS) -> Preview:
    """What the file's first rows hold. Reads no more than those. ValidationError when the file is gone."""
    _check_file(job)
    with (
        job.file.storage.open(str(job.file.name), "rb") as file,
        open_rows(file, encoding=job.encoding, delimiter=job.delimiter) as rows,
    ):
        headers = read_header(rows)
        first = [_shown(row, len(headers)) for row in islice((r for r in rows if r.cells), count)]
    notices = []
    if job.encoding == "cp1252":
        notices.append(
            _("The file is not in UTF-8; it was read as Windows-1252. Check that accents look right below.")
        )
    return Preview(headers, first, notices)


def start_import(
    *,
    job: ImportJob,
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> ImportJob:
    """Queue the import (or its dry run) with these columns and options; None keeps what the job has.

    An import that has run for real is not started again: a dry run or a failed one may be.
    """
    headers = import_preview(job=job, count=0).headers
    wanted = check_mapping(
        headers=headers, mapping=job.mapping if mapping is None else mapping, fields=contact_fields()
    )
    chosen = ImportOptions.from_json(job.options if options is None else options)
    with transaction.atomic():
        locked = ImportJob.objects.select_for_update().get(pk=job.pk)
        _check_startable(locked)
        ImportIssue.objects.filter(job=locked).delete()
        _reset(locked, wanted, chosen, dry_run)
        enqueue("contacts.tasks.run_import", locked.pk)
    job.refresh_from_db()
    return job


def _check_startable(job: ImportJob) -> None:
    if job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
        raise ValidationError(_("This import is running already."), code="running")
    if job.status == JobStatus.DONE and not job.dry_run:
        raise ValidationError(_("This import has been done. Upload the file again to repeat it."), code="done")
    _check_file(job)


def _check_file(job: ImportJob) -> None:
    if not job.file:
        raise ValidationError(_("The file of this import is gone. Upload it again."), code="gone")


def _reset(job: ImportJob, mapping: dict[str, str], options: ImportOptions, dry_run: bool) -> None:
    if job.report:
        job.report.delete(save=False)
    job.mapping, job.options, job.dry_run = mapping, options.to_json(), dry_run
    job.status, job.error, job.heartbeat_at, job.finished_at = JobStatus.QUEUED, "", None, None
    job.total = job.processed = job.created_count = job.updated_count = 0
    job.unchanged_count = job.error_count = job.notice_count = 0
    job.save()


def _count_rows(file: Any, encoding: str, delimiter: str) -> None:
    with open_rows(file, encoding=encoding, delimiter=delimiter) as rows:
        check_row_limit(sum(1 for _row in rows) - 1)


def check_row_limit(count: int) -> None:
    if count > settings.IMPORT_MAX_ROWS:
        raise ValidationError(
            ngettext(
                "The file has %(count)d rows; at most %(limit)d row can be imported at once. Split it.",
                "The file has %(count)d rows; at most %(limit)d rows can be imported at once. Split it.",
                settings.IMPORT_MAX_ROWS,
            )
            % {"count": count, "limit": settings.IMPORT_MAX_ROWS},
            code="too_many",
        )


def _shown(row: RawRow, width: int) -> list[str]:
    cells = [cell.replace(UNDECODABLE, "\ufffd").replace("\0", "\ufffd")[:80] for cell in row.cells]
    return (cells + [""] * width)[:width]


def _megabytes(size: int | None) -> str:
    return f"{(size or 0) / 1_048_576:.1f}"
