"""The report of an import: one CSV line for each problem."""

import csv
import io
import tempfile

from django.core.files.base import File
from django.utils.translation import gettext as _

from contacts.csv_safety import guard_cell
from contacts.models import ImportIssue, ImportJob


def write_report(*, job: ImportJob) -> str:
    """Write the job's problems into a stored CSV file; its name, or "" where there were none."""
    issues = ImportIssue.objects.filter(job=job).order_by("row", "pk")
    if not issues.exists():
        return ""
    with tempfile.TemporaryFile() as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow([_("Row"), _("Kind"), _("Column"), _("Value"), _("Message")])
        for issue in issues.iterator(chunk_size=2_000):
            cells = [issue.row, issue.get_level_display(), issue.column, issue.value, issue.message]
            writer.writerow([guard_cell(cell) for cell in cells])
        text.flush()
        raw.seek(0)
        job.report.save(f"import-{job.pk}-report.csv", File(raw), save=False)
    return str(job.report.name)


def first_problems(*, job: ImportJob, count: int = 20) -> list[list[str]]:
    """The first lines of a finished report: [row, kind, column, value, message]."""
    if not job.report:
        return []
    with job.report.storage.open(str(job.report.name), "rb") as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        reader = csv.reader(text)
        next(reader, None)
        return [row for _number, row in zip(range(count), reader, strict=False)]
