"""The functions that django-q2 names."""

from contacts.services.campaigns import roll_up_counts
from contacts.services.exports import run_export as _run_export
from contacts.services.imports import run_import as _run_import
from contacts.services.jobs import run_bulk_job as _run_bulk_job
from contacts.services.leases import resume_stalled


def run_import(job_id: int) -> None:
    _run_import(job_id=job_id)


def run_bulk_job(job_id: int) -> None:
    _run_bulk_job(job_id=job_id)


def run_export(job_id: int) -> None:
    _run_export(job_id=job_id)


def resume_jobs() -> None:
    """Once a minute: queue the jobs again whose worker died or whose task got lost."""
    resume_stalled()


def roll_up_campaigns() -> int:
    return roll_up_counts()
