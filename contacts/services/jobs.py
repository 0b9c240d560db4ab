"""Bulk actions: at once for a few contacts, in the worker for many."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.bulk_actions import bulk_action
from contacts.models import BulkJob
from contacts.origin import Origin, caused_by, current_origin

from . import leases
from .queue import enqueue
from .selection import Contacts, contact_ids

AT_ONCE = 500
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """`job` is None where the action was done at once; `changed` is only known then."""

    selected: int
    changed: int = 0
    job: BulkJob | None = None


def run_bulk_action(*, action: str, contacts: Contacts, params: Mapping[str, Any]) -> BulkOutcome:
    """Do a registered action to contacts, on behalf of the current origin.

    `params` are raw values for the action's form. ValidationError: unknown action, bad
    parameters (by field), or nobody chosen.
    """
    chosen = bulk_action(action)
    checked = chosen.params(params)
    ids = contact_ids(contacts)
    if not ids:
        raise ValidationError(_("No contacts are chosen."), code="empty")
    if len(ids) <= AT_ONCE:
        with transaction.atomic():
            return BulkOutcome(len(ids), chosen.apply(ids, checked))
    origin = current_origin()
    with transaction.atomic():
        job = BulkJob.objects.create(
            action=action,
            params=checked,
            contact_ids=ids,
            total=len(ids),
            source=origin.source,
            created_by_id=origin.user_id,
        )
        enqueue("contacts.tasks.run_bulk_job", job.pk)
    return BulkOutcome(len(ids), job=job)


def run_bulk_job(*, job_id: int, seconds: float = leases.SLICE_SECONDS) -> None:
    """Go on with a job from its last committed chunk, for about `seconds`; then queue itself again."""
    job = leases.claim(model=BulkJob, job_id=job_id)
    if job is None:
        return
    deadline = time.monotonic() + seconds
    origin = Origin(source=job.source, user_id=job.created_by_id)
    with leases.failures_of(job=job), caused_by(origin):
        action = bulk_action(job.action)
        while job.processed < job.total and time.monotonic() < deadline:
            ids = job.contact_ids[job.processed : job.processed + CHUNK]
            with transaction.atomic():
                leases.hold(job=job)
                leases.advance(job=job, done=len(ids), changed_count=action.apply(ids, job.params))
        if job.processed >= job.total:
            leases.finish(job=job)
        else:
            leases.release(job=job)
            enqueue("contacts.tasks.run_bulk_job", job.pk)
