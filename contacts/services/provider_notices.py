"""What providers report of e-mails, each notice once: delivered, bounced, complained, opened, …"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contacts.machines import Fetch, judge_open
from contacts.models import CampaignLink, List, ProviderNotice, SentEmail, Suppression
from contacts.models.campaigns import url_hash
from contacts.models.engagement import EmailAction
from contacts.values import fold_email

from .engagement import record_email_activity
from .lists import unsubscribe_contacts
from .suppression import suppress_address

DELETE_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, whoever sent it.

    key         what makes it this one, within its provider
    sent_email  the id that we gave the provider with the e-mail, where it says that
    hard        of a bounce: the address will never work
    agent       of an open or a click: the reader's User-Agent; "" where the provider doesn't say
    machine     of an open or a click: the provider itself says that nobody looked
    """

    provider: str
    key: str
    action: EmailAction
    message_id: str = ""
    sent_email: int | None = None
    recipient: str = ""
    at: datetime | None = None
    detail: str = ""
    hard: bool = False
    url: str = ""
    agent: str = ""
    machine: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


def receive_notice(*, notice: Notice) -> SentEmail | None:
    """Record it; None where it came before, or is of no e-mail of ours. A recipient alone identifies nothing."""
    with transaction.atomic():
        if not first_time(provider=notice.provider, key=notice.key):
            return None
        email = find_email(message_id=notice.message_id, pk=notice.sent_email, recipient=notice.recipient)
        if email is not None:
            apply_notice(email=email, notice=notice)
        return email


def first_time(*, provider: str, key: str) -> bool:
    """Whether this notice is new; it is remembered for NOTICE_RETENTION_DAYS. Call within a transaction."""
    _row, new = ProviderNotice.objects.get_or_create(key=notice_key(provider, key))
    return new


def notice_key(provider: str, key: str) -> str:
    return hashlib.sha256(f"{provider}\0{key}".encode()).hexdigest()


def find_email(*, message_id: str, pk: int | None = None, recipient: str = "") -> SentEmail | None:
    """By our id or by the Message-ID; one that went to somebody else than `recipient` is not it."""
    found: list[SentEmail] = []
    if pk is not None:
        found = list(SentEmail.objects.filter(pk=pk))
    if not found and message_id:
        bare = message_id.strip().strip("<>")[:248]
        found = list(SentEmail.objects.filter(message_id__in=[bare, f"<{bare}>"]).order_by("pk")[:50])
    wanted = fold_email(recipient) if recipient else ""
    for email in found:
        if not wanted or not email.address or fold_email(email.address) == wanted:
            return email
    return None


def apply_notice(*, email: SentEmail, notice: Notice) -> None:
    """What the notice means for the e-mail, its contact and the address."""
    effects = {
        EmailAction.DELIVERED: _delivered,
        EmailAction.BOUNCE: _bounced,
        EmailAction.COMPLAINT: _complained,
        EmailAction.UNSUBSCRIBE: _unsubscribed,
        EmailAction.OPEN: _opened,
        EmailAction.CLICK: _clicked,
    }
    effects[notice.action](email, notice)


def _delivered(email: SentEmail, notice: Notice) -> None:
    if not email.activity.filter(action=EmailAction.DELIVERED).exists():
        record_email_activity(email=email, action=EmailAction.DELIVERED, at=notice.at)


def _bounced(email: SentEmail, notice: Notice) -> None:
    record_email_activity(email=email, action=EmailAction.BOUNCE, detail=notice.detail, at=notice.at)
    if email.address and (notice.hard or _bounces_in_a_row(email) >= settings.SOFT_BOUNCE_LIMIT):
        suppress_address(address=email.address, reason=Suppression.Reason.BOUNCED, detail=notice.detail)


def _bounces_in_a_row(email: SentEmail) -> int:
    """How many of the last e-mails to the contact bounced, one after the other."""
    if email.contact_id is None:
        return 0
    rows = SentEmail.objects.filter(contact=email.contact_id, sent_at__isnull=False, address=email.address)
    last = list(rows.order_by("-sent_at").values_list("bounced_at", flat=True)[: settings.SOFT_BOUNCE_LIMIT])
    return len(last) if all(last) else 0


def _complained(email: SentEmail, notice: Notice) -> None:
    record_email_activity(email=email, action=EmailAction.COMPLAINT, detail=notice.detail, at=notice.at)
    if email.address:
        suppress_address(address=email.address, reason=Suppression.Reason.COMPLAINED, detail=notice.detail)


def _unsubscribed(email: SentEmail, notice: Notice) -> None:
    """From the lists that the e-mail was sent for; from all where it was sent for none."""
    record_email_activity(email=email, action=EmailAction.UNSUBSCRIBE, detail=notice.detail, at=notice.at)
    if email.contact_id is None:
        return
    lists = List.objects.filter(subscriptions__contact=email.contact_id)
    for mailing_list in lists.filter(pk__in=email.lists) if email.lists else lists:
        unsubscribe_contacts(contacts=[email.contact_id], list=mailing_list, reason=notice.detail[:250])


def _opened(email: SentEmail, notice: Notice) -> None:
    if counted_by_provider(email):
        machine = _by_machine(notice)
        record_email_activity(email=email, action=EmailAction.OPEN, machine=machine, at=notice.at)


def _clicked(email: SentEmail, notice: Notice) -> None:
    if not counted_by_provider(email):
        return
    link = None
    if email.campaign_id and notice.url:
        link = CampaignLink.objects.filter(campaign=email.campaign_id, url_hash=url_hash(notice.url)).first()
    record_email_activity(
        email=email,
        action=EmailAction.CLICK,
        link=link,
        detail=notice.url,
        machine=_by_machine(notice),
        at=notice.at,
    )


def counted_by_provider(email: SentEmail) -> bool:
    """Our own e-mails have a pixel and links of ours: a provider that counts too would count them twice."""
    return bool(settings.PROVIDER_COUNTS_OPENS) or email.reference is None


def _by_machine(notice: Notice) -> bool:
    return notice.machine or (
        bool(notice.agent) and judge_open("GET", {"User-Agent": notice.agent}) == Fetch.MACHINE
    )


def delete_old_notices(*, now: datetime | None = None) -> int:
    """Delete settled notices older than NOTICE_RETENTION_DAYS: later than that no provider repeats one."""
    before = (now or timezone.now()) - timedelta(days=settings.NOTICE_RETENTION_DAYS)
    rows = ProviderNotice.objects.filter(received_at__lt=before, due_at=None).order_by("pk")
    deleted = 0
    while ids := list(rows.values_list("pk", flat=True)[:DELETE_BATCH]):
        deleted += ProviderNotice.objects.filter(pk__in=ids)._raw_delete("default")
    return deleted
