"""Automations' part in what contacts ask of every app: merging two people, one person's data, the timeline."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Max
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from automations.date_fields import contact_date_keys
from automations.models import DateEntry, Delivery, Enrollment, EntryPolicy, EntryRefusal
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import INSIDE
from automations.reasons import Exit
from contacts.bulk import insert_rows
from contacts.models import Contact
from contacts.origin import Source
from contacts.selectors.timeline import Cursor, Entry, register_provider, rows_before
from contacts.signals import contacts_merging, person_erasing, person_exporting


@receiver(contacts_merging)
def merge_enrollments(keep: Contact, drop: Contact, **kwargs: Any) -> None:
    """`drop`'s passes become `keep`'s, numbered behind them.

    Where both are inside, `keep` goes on and `drop`'s pass ends, unless the automation lets a
    contact be inside several times.
    """
    from automations.services import end_passes

    theirs = list(Enrollment.objects.filter(contact=drop).select_related("automation").order_by("number"))
    inside = set(
        Enrollment.objects.filter(contact=keep, status__in=INSIDE).values_list("automation_id", flat=True)
    )
    twice = [
        row.pk
        for row in theirs
        if row.automation_id in inside and row.status in INSIDE and row.automation.entry_policy != EntryPolicy.ANY
    ]
    end_passes(enrollments=twice, reason=Exit.MERGED)
    last = _last_numbers(keep)
    for row in theirs:
        last[row.automation_id] += 1
        Enrollment.objects.filter(pk=row.pk).update(contact=keep, number=last[row.automation_id])
    _merge_deliveries(keep, drop)
    _merge_dates(keep, drop)
    EntryRefusal.objects.filter(contact=drop).update(contact=keep)


def _merge_deliveries(keep: Contact, drop: Contact) -> None:
    """A one-off campaign went, or goes, to both: the one person gets it once, and keeps the row of `keep`."""
    from automations.services import cancel_deliveries

    theirs = Delivery.objects.filter(contact=drop)
    twice = theirs.filter(campaign__in=Delivery.objects.filter(contact=keep).values("campaign"))
    campaigns = dict(twice.values_list("campaign_id", "status"))
    waiting = {pk for pk, status in campaigns.items() if status == DeliveryStatus.PENDING}
    cancel_deliveries(deliveries=twice.filter(campaign__in=waiting).values_list("pk", flat=True))
    ours = Delivery.objects.filter(contact=keep, status=DeliveryStatus.PENDING)
    got = ours.filter(campaign__in=set(campaigns) - waiting)
    cancel_deliveries(deliveries=got.values_list("pk", flat=True))
    theirs.filter(campaign__in=campaigns).update(contact=None)
    Delivery.objects.filter(contact=drop).update(contact=keep)


def _merge_dates(keep: Contact, drop: Contact) -> None:
    """What date was reached for either, was for the one person. The rows of `drop` go once it is too late."""
    rows = DateEntry.objects.filter(record_id=drop.pk, field__in=contact_date_keys())
    names = ["automation_id", "trigger_key", "field", "occurrence", "day", "value", "at"]
    found = list(rows.values_list(*names))
    columns: dict[str, Any] = {name: [row[number] for row in found] for number, name in enumerate(names)}
    insert_rows(DateEntry, {**columns, "record_id": keep.pk}, size=len(found), ignore_conflicts=True)


def _last_numbers(contact: Contact) -> dict[int, int]:
    rows = Enrollment.objects.filter(contact=contact).order_by().values_list("automation_id")
    return defaultdict(int, rows.annotate(last=Max("number")))


@receiver(person_exporting)
def export_automations(contact: Contact, **kwargs: Any) -> dict[str, Any]:
    passes = Enrollment.objects.filter(contact=contact).select_related("automation").order_by("pk")
    messages = Delivery.objects.filter(contact=contact).select_related("automation").order_by("pk")
    return {
        "automations": [
            {
                "automation": row.automation.name,
                "pass": row.number,
                "status": row.status,
                "entered": row.entered_at.isoformat(),
                "ended": row.ended_at.isoformat() if row.ended_at else None,
                "ended_because": row.exit_reason,
            }
            for row in passes
        ],
        "messages": [
            {
                "channel": row.channel,
                "to": row.target,
                "subject": row.subject,
                "status": row.status,
                "automation": row.automation.name if row.automation else None,
                "created": row.created_at.isoformat(),
                "sent": row.sent_at.isoformat() if row.sent_at else None,
                "data": row.payload,
            }
            for row in messages
        ],
    }


@receiver(person_erasing)
def erase_deliveries(contact: Contact, **kwargs: Any) -> None:
    """The ledger's rows outlive the contact; what names the person goes. What has not left, doesn't leave."""
    from automations.services import cancel_deliveries

    rows = Delivery.objects.filter(contact=contact)
    cancel_deliveries(
        deliveries=rows.filter(status__in=[DeliveryStatus.PENDING, DeliveryStatus.HELD]).values_list(
            "pk", flat=True
        )
    )
    rows.update(target="", subject="", payload={}, error="", message_id="")


def _entered(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = Enrollment.objects.filter(contact=contact).select_related("automation")
    for row in rows_before(rows, "automation_entered", cursor, size, "entered_at"):
        yield Entry(
            row.entered_at, row.pk, "login", _("Entered the automation “%s”.") % row.automation,
            source=Source.AUTOMATION, url=_page("enrollment", row.pk),
        )  # fmt: skip


def _left(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = Enrollment.objects.filter(contact=contact, ended_at__isnull=False).select_related("automation")
    for row in rows_before(rows, "automation_left", cursor, size, "ended_at"):
        yield Entry(
            row.ended_at, row.pk, "logout", _("Left the automation “%s”.") % row.automation,
            text=row.get_exit_reason_display(), source=Source.AUTOMATION, url=_page("enrollment", row.pk),
        )  # fmt: skip


def _deliveries(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = Delivery.objects.filter(contact=contact).defer("payload")
    for row in rows_before(rows, "deliveries", cursor, size, "created_at"):
        state = row.get_skip_reason_display() or row.get_status_display()
        title = _("%(channel)s “%(subject)s”: %(state)s.") if row.subject else _("%(channel)s: %(state)s.")
        about = {"channel": row.channel.capitalize(), "subject": row.subject, "state": state}
        yield Entry(
            row.created_at, row.pk, "outbox", title % about,
            text=row.error, source=Source.AUTOMATION, url=_page("delivery", row.pk),
        )  # fmt: skip


def _page(model: str, pk: int) -> str:
    return reverse(f"admin:automations_{model}_change", args=[pk])


register_provider("automation_entered", _entered)
register_provider("automation_left", _left)
register_provider("deliveries", _deliveries)
