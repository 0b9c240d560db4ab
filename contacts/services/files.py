"""The files of imports and exports hold people's data: they go after a while, their jobs stay."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from contacts.models import ExportJob, ImportJob
from contacts.models.jobs import JobStatus

WORKING = (JobStatus.QUEUED, JobStatus.RUNNING)


def remove_old_files(*, now: datetime) -> int:
    """Remove what jobs have kept for FILE_RETENTION_DAYS since they last changed; returns how many jobs.

    A job that waits or runs keeps its files. 0 days keeps all files.
    """
    if not settings.FILE_RETENTION_DAYS:
        return 0
    before = now - timedelta(days=settings.FILE_RETENTION_DAYS)
    return sum(
        _remove_files(rows.filter(updated_at__lt=before).exclude(status__in=WORKING).exclude(file=""))
        for rows in (ImportJob.objects.all(), ExportJob.objects.all())
    )


def _remove_files(rows: "QuerySet[ImportJob] | QuerySet[ExportJob]") -> int:
    removed = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            # Asked again with the row locked: it may have been started meanwhile.
            job = rows.select_for_update(of=("self",)).filter(pk=pk).first()
            if job is None:
                continue
            files = [file for file in (job.file, getattr(job, "report", None)) if file]
            # The file goes first: after a crash between the two the row still leads to it.
            for file in files:
                file.storage.delete(str(file.name))
            rows.filter(pk=pk).update(**{file.field.name: "" for file in files})
            removed += 1
    return removed
