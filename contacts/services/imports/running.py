"""The import at work: chunk after chunk, each one transaction that also moves the job's position on."""

import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.bulk import insert_rows
from contacts.models import ImportIssue, ImportJob
from contacts.origin import Origin, Source, caused_by
from contacts.selectors.fields import contact_fields
from contacts.services import leases
from contacts.services.contacts import save_contacts
from contacts.services.lists import subscribe_contacts
from contacts.services.queue import enqueue
from contacts.services.tags import get_or_create_tags, tag_contacts

from .forecast import forecast
from .jobs import check_row_limit
from .mapping import check_mapping
from .options import ImportOptions
from .reading import UNDECODABLE, RawRow, open_rows, read_header
from .report import write_report
from .rows import Issue, ParsedRow, RowParser
from .scan import scan

CHUNK_ROWS = 2_000
ERROR, NOTICE = ImportIssue.Level.ERROR, ImportIssue.Level.NOTICE


def run_import(*, job_id: int, seconds: float = leases.SLICE_SECONDS) -> None:
    """Go on with an import from its last committed row, for about `seconds`; then queue itself again.

    Does nothing when the job is finished or another worker has it.
    """
    job = leases.claim(model=ImportJob, job_id=job_id)
    if job is None:
        return
    origin = Origin(source=Source.IMPORT, user_id=job.created_by_id)
    with leases.failures_of(job=job), caused_by(origin), _open(job) as source:
        run = _Run(job, source)
        if run.until(time.monotonic() + seconds):
            leases.finish(job=job, report=write_report(job=job))
            ImportIssue.objects.filter(job=job).delete()
        else:
            leases.release(job=job)
            enqueue("contacts.tasks.run_import", job.pk)


@contextmanager
def _open(job: ImportJob) -> Iterator[Any]:
    with job.file.storage.open(str(job.file.name), "rb") as file:
        yield file


class _Run:
    """What all chunks of one run share."""

    def __init__(self, job: ImportJob, file: Any) -> None:
        self.job, self.file = job, file
        fields = contact_fields()
        self.options = ImportOptions.from_json(job.options)
        with self._opened() as rows:
            headers = read_header(rows)
        mapping = check_mapping(headers=headers, mapping=job.mapping, fields=fields)
        self.parser = RowParser(headers=headers, mapping=mapping, fields=fields, options=self.options)
        self.email_header = headers[self.parser.email_column]
        total, self.last_row = scan(self._data_rows, self.parser.email_of)
        check_row_limit(total)
        if job.total != total:
            job.total = total
            job.save(update_fields=["total"])

    def _opened(self) -> Any:
        return open_rows(self.file, encoding=self.job.encoding, delimiter=self.job.delimiter)

    def _data_rows(self) -> Generator[RawRow, None, None]:
        with self._opened() as rows:
            yield from islice(rows, 1, None)

    def until(self, deadline: float) -> bool:
        """Import chunks until the end of the file (True) or the deadline (False)."""
        with closing(self._data_rows()) as every:
            rows = islice(every, self.job.processed, None)
            while chunk := list(islice(rows, CHUNK_ROWS)):
                self._chunk(chunk)
                if time.monotonic() > deadline and self.job.processed < self.job.total:
                    return False
        return True

    def _chunk(self, chunk: list[RawRow]) -> None:
        parsed, issues = self._parse(chunk)
        with transaction.atomic():
            leases.hold(job=self.job)
            write = partial(forecast, options=self.options) if self.job.dry_run else self._write
            counts, more = write(parsed)
            issues += more
            _store_issues(self.job, issues)
            failed = {issue.row for issue in issues if issue.level == ERROR}
            notices = sum(issue.level == NOTICE for issue in issues)
            leases.advance(job=self.job, done=len(chunk), error_count=len(failed), notice_count=notices, **counts)

    def _parse(self, chunk: list[RawRow]) -> tuple[list[ParsedRow], list[Issue]]:
        parsed: list[ParsedRow] = []
        issues: list[Issue] = []
        for raw in chunk:
            if not raw.problem and not any(cell.strip() for cell in raw.cells):
                continue
            email = self.parser.email_of(raw)
            last = self.last_row.get(email, raw.number)
            if last != raw.number:
                message = _("The address stands again in row %d, which counts instead of this one.") % last
                issues.append(Issue(raw.number, self.email_header, email, message, NOTICE))
                continue
            row, found = self.parser.parse(raw)
            issues += found
            if row is not None:
                parsed.append(row)
        return parsed, issues

    def _write(self, rows: list[ParsedRow]) -> tuple[dict[str, int], list[Issue]]:
        """Fields first, then lists, then tags: what a tag starts sees the rest as it is meant to be."""
        saved = save_contacts(drafts=[row.draft for row in rows], update_existing=self.options.update_existing)
        created = set(saved.created)
        touched = set(saved.updated)
        issues: list[Issue] = []
        ids = list(saved.ids.values())
        for list_id in self.options.lists:
            result = subscribe_contacts(contacts=ids, list=list_id, resubscribe=self.options.resubscribe)
            touched.update(result.changed)
            refused = set(result.refused)
            issues += [refusal(row, self.email_header) for row in rows if saved.ids[row.draft.email] in refused]
        for tag_id, tagged in self._tags(rows, saved.ids).items():
            touched.update(tag_contacts(contacts=tagged, tag=tag_id))
        return counts_of(len(rows), len(created), len(touched - created)), issues

    def _tags(self, rows: list[ParsedRow], ids: Mapping[str, int]) -> dict[int, list[int]]:
        """Contact ids by tag id: the tags of the import, then those of the rows."""
        wanted: dict[int, list[int]] = {tag_id: list(ids.values()) for tag_id in self.options.tags}
        named: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            for name in row.tags:
                named[name].append(ids[row.draft.email])
        if named:
            for name, tag in get_or_create_tags(names=named).items():
                wanted[tag.pk] = wanted.get(tag.pk, []) + named[name]
        return wanted


def refusal(row: ParsedRow, column: str) -> Issue:
    message = _("Unsubscribed or bounced before: not subscribed again.")
    return Issue(row.number, column, row.draft.email, message, NOTICE)


def counts_of(rows: int, created: int, updated: int) -> dict[str, int]:
    return {
        "created_count": created,
        "updated_count": updated,
        "unchanged_count": rows - created - updated,
    }


def _store_issues(job: ImportJob, issues: list[Issue]) -> None:
    issues.sort(key=lambda issue: issue.row)
    insert_rows(
        ImportIssue,
        {
            "job_id": job.pk,
            "row": [issue.row for issue in issues],
            "column": [issue.column for issue in issues],
            "value": [_storable(issue.value)[:200] for issue in issues],
            "message": [_storable(issue.message) for issue in issues],
            "level": [str(issue.level) for issue in issues],
        },
        size=len(issues),
    )


def _storable(text: str) -> str:
    """Without what no text column takes: NUL, and the mark of undecodable bytes."""
    return text[:500].replace("\0", "\ufffd").replace(UNDECODABLE, "\ufffd")
