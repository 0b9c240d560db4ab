"""The functions that django-q2 names."""

from django.utils import timezone

from contacts.services.exports import run_export as _run_export
from contacts.services.imports import run_import as _run_import
from contacts.services.jobs import run_bulk_job as _run_bulk_job
from contacts.services.leases import resume_stalled
from contacts.services.retention import delete_old_engagement


def run_import(job_id: int) -> None:
    _run_import(job_id=job_id)


def run_bulk_job(job_id: int) -> None:
    _run_bulk_job(job_id=job_id)


def run_export(job_id: int) -> None:
    _run_export(job_id=job_id)


def retain() -> int:
    """Once a day: forget what is older than the settings say."""
    return delete_old_engagement(now=timezone.now())


def resume_jobs() -> None:
    """Once a minute: queue the jobs again whose worker died or whose task got lost."""
    resume_stalled()
