"""The functions that django-q2 names."""

from django.utils import timezone

from contacts.services import expire_points as _expire_points
from contacts.services import forget_score_changes as _forget_score_changes
from contacts.services.apps import delete_old_deliveries
from contacts.services.campaigns import roll_up_counts
from contacts.services.confirmations import send_due_confirmations
from contacts.services.exports import run_export as _run_export
from contacts.services.files import remove_old_files
from contacts.services.imports import run_import as _run_import
from contacts.services.jobs import run_bulk_job as _run_bulk_job
from contacts.services.leases import resume_stalled
from contacts.services.notices import send_due_notices
from contacts.services.postmark import settle_postmark as _settle_postmark
from contacts.services.postmark import settle_the_rest
from contacts.services.provider_notices import delete_old_notices
from contacts.services.replies import pass_on_the_rest
from contacts.services.replies import pass_reply_on as _pass_reply_on
from contacts.services.retention import (
    delete_old_changes,
    delete_old_engagement,
    delete_old_events,
    delete_old_logins,
    delete_old_replies,
)
from contacts.services.site import delete_old_visits


def run_import(job_id: int) -> None:
    _run_import(job_id=job_id)


def run_bulk_job(job_id: int) -> None:
    _run_bulk_job(job_id=job_id)


def run_export(job_id: int) -> None:
    _run_export(job_id=job_id)


def resume_jobs() -> None:
    """Once a minute: queue again what a worker died over, or whose task got lost."""
    resume_stalled()
    settle_the_rest()
    pass_on_the_rest()
    send_confirmations()


def settle_postmark(notice_id: int) -> None:
    _settle_postmark(notice_id=notice_id)


def pass_reply_on(reply_id: int) -> None:
    _pass_reply_on(reply_id=reply_id)


def send_confirmations() -> None:
    send_due_confirmations()
    send_due_notices()


def expire_points() -> int:
    return _expire_points(now=timezone.now())


def forget_score_changes() -> int:
    return _forget_score_changes(now=timezone.now())


def remove_files() -> int:
    """Once a day."""
    return remove_old_files(now=timezone.now())


def retain() -> None:
    """Once a day: delete what is older than the settings keep it."""
    now = timezone.now()
    delete_old_deliveries(now=now)
    delete_old_visits(now=now)
    delete_old_events(now=now)
    delete_old_engagement(now=now)
    delete_old_replies(now=now)
    delete_old_notices(now=now)
    delete_old_logins(now=now)
    delete_old_changes(now=now)


def roll_up_campaigns() -> int:
    return roll_up_counts()
