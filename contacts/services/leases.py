"""Who runs a job: at most one worker, and after a crash the next one goes on where it stopped.

Two guards. The lease (`heartbeat_at`) keeps a second worker from starting in vain. The position
(`processed`) is what makes it safe: every chunk locks the job's row and checks in its own
transaction that the position is still the one it started from, so no chunk is ever done twice.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import BulkJob, ExportJob, ImportJob
from contacts.models.jobs import Job, JobStatus

from .queue import enqueue

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
# A task hands over to the next well before django-q2's timeout (settings.Q_CLUSTER).
SLICE_SECONDS = 240.0

JobModel = TypeVar("JobModel", ImportJob, BulkJob, ExportJob)


class LostJob(Exception):
    """Another worker went on with this job, or it was stopped: nothing more to do here."""


@transaction.atomic
def claim(*, model: type[JobModel], job_id: int) -> JobModel | None:
    """The job, now running here; None if it is finished, gone, or running elsewhere."""
    job = model._default_manager.select_for_update().filter(pk=job_id).first()
    if job is None or job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
        return None
    now = timezone.now()
    if job.status == JobStatus.RUNNING and job.heartbeat_at and job.heartbeat_at > now - LEASE:
        return None
    job.status, job.heartbeat_at = JobStatus.RUNNING, now
    job.save(update_fields=["status", "heartbeat_at", "updated_at"])
    return job


def hold(*, job: Job) -> None:
    """Lock the job's row for the chunk's transaction; LostJob if it is no longer ours."""
    _move(job, {"heartbeat_at": timezone.now()})


def advance(*, job: Job, done: int, **counts: int) -> None:
    """Move the position on by `done`, and add to the counters, in the chunk's transaction."""
    added = {name: F(name) + count for name, count in counts.items()}
    _move(job, {"processed": job.processed + done, "heartbeat_at": timezone.now(), **added})
    job.processed += done


def restart(*, job: Job) -> None:
    """Back to the beginning, for work that leaves nothing behind until it is finished."""
    _move(job, {"processed": 0, "heartbeat_at": timezone.now()})
    job.processed = 0


def release(*, job: Job) -> None:
    """Give the job back unfinished, for the next task to claim at once."""
    _move(job, {"heartbeat_at": None})


def finish(*, job: Job, **values: Any) -> None:
    now = timezone.now()
    _move(job, {"status": JobStatus.DONE, "finished_at": now, "heartbeat_at": now, **values})


def fail(*, job: Job, error: str) -> None:
    """What is committed stays; the message says what to do about the rest."""
    type(job)._default_manager.filter(pk=job.pk).update(
        status=JobStatus.FAILED, error=error, finished_at=timezone.now(), updated_at=timezone.now()
    )


def _move(job: Job, values: dict[str, Any]) -> None:
    mine = type(job)._default_manager.filter(pk=job.pk, status=JobStatus.RUNNING, processed=job.processed)
    if not mine.update(updated_at=timezone.now(), **values):
        raise LostJob


@contextmanager
def failures_of(*, job: Job) -> Iterator[None]:
    """Turn what goes wrong into the job's state.

    A database that is away or a deadlock leaves the job running: the sweep takes it up again.
    """
    try:
        yield
    except (LostJob, OperationalError):
        log.warning("%s %s stopped here; it goes on elsewhere or later", type(job).__name__, job.pk)
    except ValidationError as error:
        fail(job=job, error=" ".join(error.messages))
    except Exception as error:
        log.exception("%s %s failed", type(job).__name__, job.pk)
        fail(
            job=job,
            error=_("Stopped after row %(row)d by an unexpected error (%(error)s). What was done before stays.")
            % {"row": job.processed, "error": f"{type(error).__name__}: {error}"[:300]},
        )


TASKS: dict[type[Job], str] = {
    ImportJob: "contacts.tasks.run_import",
    BulkJob: "contacts.tasks.run_bulk_job",
    ExportJob: "contacts.tasks.run_export",
}


def resume_stalled() -> int:
    """Queue the jobs that nobody works on though somebody should; returns how many.

    Their worker died, or their task got lost. A second task for a living job would do no harm.
    """
    count = 0
    for model, task in TASKS.items():
        for pk in _stalled(model):
            # Counts as news of the job, so that the next sweep leaves it alone for a while.
            model._default_manager.filter(pk=pk).update(heartbeat_at=None, updated_at=timezone.now())
            enqueue(task, pk)
            count += 1
    return count


def _stalled(model: type[Job]) -> list[int]:
    old = timezone.now() - LEASE
    silent = Q(heartbeat_at__lt=old) | Q(heartbeat_at=None, updated_at__lt=old)
    queued = Q(status=JobStatus.QUEUED, updated_at__lt=old)
    running = Q(status=JobStatus.RUNNING) & silent
    return list(model._default_manager.filter(queued | running).values_list("pk", flat=True))
