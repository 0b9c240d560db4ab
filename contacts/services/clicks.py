"""Opens and clicks as they come in from outside, and the clicks that take a moment to be told from a scanner's."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contacts.engagement_links import ClickToken
from contacts.machines import SWEEP, Click, Fetch, judge_click, judge_open, swept
from contacts.models import CampaignLink, EmailActivity, HeldClick, SentEmail
from contacts.models.engagement import EmailAction

from .engagement import record_email_activity

BATCH = 200


def receive_open(*, email: SentEmail, method: str, headers: Mapping[str, str]) -> Fetch:
    """The pixel was fetched: record what that was."""
    verdict = judge_open(method, headers)
    if verdict != Fetch.NOTHING:
        record_email_activity(email=email, action=EmailAction.OPEN, machine=verdict == Fetch.MACHINE)
    return verdict


@transaction.atomic
def receive_click(
    *, email: SentEmail, link: CampaignLink, token: ClickToken, method: str, headers: Mapping[str, str]
) -> Fetch:
    """A link was followed: record it at once, or, where it may be a scanner's, after CLICK_HOLD_SECONDS."""
    now = timezone.now()
    verdict = judge_click(
        method,
        headers,
        link=link.pk,
        now=now,
        sent_at=email.sent_at,
        before=_clicks_since(email.pk, now - SWEEP),
        impossible=timedelta(seconds=settings.CLICK_IMPOSSIBLE_SECONDS),
        early=timedelta(seconds=settings.CLICK_EARLY_SECONDS),
    )
    detail = token.address or link.url
    if verdict == Fetch.HELD:
        due = now + timedelta(seconds=settings.CLICK_HOLD_SECONDS)
        HeldClick.objects.create(email=email, link=link, detail=detail[:500], at=now, due_at=due)
    elif verdict != Fetch.NOTHING:
        machine = verdict == Fetch.MACHINE
        record_email_activity(
            email=email, action=EmailAction.CLICK, link=link, detail=detail, machine=machine, at=now
        )
    return verdict


def settle_clicks(*, now: datetime) -> int:
    """Decide the held clicks that are due; returns how many. What another worker has in hand is left to it."""
    due = HeldClick.objects.filter(due_at__lte=now)
    if not due.exists():
        return 0
    with transaction.atomic():
        rows = list(
            due.select_for_update(of=("self",), skip_locked=True)
            .select_related("email", "link")
            .order_by("due_at", "pk")[:BATCH]
        )
        by_email: dict[int, list[HeldClick]] = {}
        for row in rows:
            by_email.setdefault(row.email_id, []).append(row)
        for held in by_email.values():
            _settle(held)
        HeldClick.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _settle(held: list[HeldClick]) -> None:
    """Each click of one e-mail: a person's, unless it was one of many at once."""
    email = held[0].email
    clicks = [Click(row.link_id, row.at) for row in held]
    around = _clicks_since(email.pk, min(row.at for row in held) - SWEEP)
    # Personal e-mails share a campaign: each says itself how many links it has.
    links = email.details.get("links") or CampaignLink.objects.filter(campaign=email.campaign_id).count()
    machine = swept([*clicks, *around], links)
    for row, by_machine in zip(held, machine, strict=False):  # those around are no more than company
        record_email_activity(
            email=email, action=EmailAction.CLICK, link=row.link, detail=row.detail, machine=by_machine, at=row.at
        )


def _clicks_since(email: int, since: datetime) -> list[Click]:
    """Clicks on the e-mail, decided or not; those that are being settled stand among them too."""
    rows = EmailActivity.objects.filter(email=email, action=EmailAction.CLICK, at__gte=since)
    decided = rows.exclude(link=None).order_by().values_list("link_id", "at")
    held = HeldClick.objects.filter(email=email, at__gte=since).order_by().values_list("link_id", "at")
    return [Click(link or 0, at) for link, at in decided.union(held, all=True)]


def judge_share(*, email: SentEmail, method: str, headers: Mapping[str, str]) -> bool | None:
    """Whether a share link was followed by a machine; None for what leaves no trace.

    What would be held, were it a click, is a machine's: nobody shares what has just come, or two things at once.
    """
    now = timezone.now()
    verdict = judge_click(
        method,
        headers,
        link=0,
        now=now,
        sent_at=email.sent_at,
        before=_clicks_since(email.pk, now - SWEEP),
        impossible=timedelta(seconds=settings.CLICK_IMPOSSIBLE_SECONDS),
        early=timedelta(seconds=settings.CLICK_EARLY_SECONDS),
    )
    return None if verdict == Fetch.NOTHING else verdict != Fetch.PERSON
