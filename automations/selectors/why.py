"""Why a contact did, or didn't, enter an automation; and what would happen now.

Everything comes from what was written at the time (enrollments, refusals) and from the published
version: the draft does not run, so it explains nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from automations.availability import why_locked
from automations.conditions.base import Moment
from automations.conditions.tree import describe_tree, matching
from automations.engine.enroll import Past, history_of, refusal_of
from automations.engine.index import Listener
from automations.engine.plan import Plan, plan_of_version
from automations.models import Account, Automation, Enrollment, EntryRefusal, Trigger
from automations.models.enrollment import EnrollmentStatus
from automations.reasons import Entry
from contacts.models import Contact

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Reason:
    """One answer. `code` is from `Entry`; `text` says it in full; `trigger` is "" when it isn't about one."""

    code: str
    text: str
    at: datetime | None = None
    trigger_key: str = ""
    trigger: str = ""

    @property
    def label(self) -> str:
        return str(Entry(self.code).label)


@dataclass(frozen=True, slots=True)
class Why:
    """`past` is what happened, newest first; `now` what would happen to the next event, trigger by trigger.

    `verdict` is the one line to read first.
    """

    verdict: Reason
    past: list[Reason]
    now: list[Reason]

    @property
    def could_enter(self) -> bool:
        return any(reason.code == Entry.ENTERED for reason in self.now)


def why(automation: Automation, contact: Contact, now: datetime | None = None) -> Why:
    """Why `contact` is, was or never was in `automation`. A fixed number of queries for any history."""
    now = now or timezone.now()
    plan = plan_of_version(automation.version_id) if automation.version_id else None
    names = {trigger.key: trigger.describe() for trigger in plan.triggers} if plan else {}
    passes = list(Enrollment.objects.filter(automation=automation, contact=contact)[:SHOWN])
    refusals = list(EntryRefusal.objects.filter(automation=automation, contact=contact)[:SHOWN])
    past = [_entered(row, names) for row in passes] + [_refused(row, names) for row in refusals]
    past.sort(key=lambda reason: reason.at or now, reverse=True)
    outlook = _outlook(automation, plan, contact, passes, refusals, now)
    return Why(verdict=_verdict(passes, past, outlook), past=past, now=outlook)


def _entered(row: Enrollment, names: dict[str, str]) -> Reason:
    trigger = names.get(row.trigger_key, _("a trigger that is gone")) if row.trigger_key else ""
    how = _("through “%s”") % trigger if trigger else _("added by hand or by a step")
    text = _("Entered (pass %(number)d), %(how)s.") % {"number": row.number, "how": how}
    return Reason(Entry.ENTERED, text, row.entered_at, row.trigger_key, trigger)


def _refused(row: EntryRefusal, names: dict[str, str]) -> Reason:
    trigger = names.get(row.trigger_key, "")
    label = row.get_reason_display()
    text = _("“%(trigger)s” happened, not entered: %(reason)s.") if trigger else _("Not entered: %(reason)s.")
    return Reason(row.reason, text % {"trigger": trigger, "reason": label}, row.at, row.trigger_key, trigger)


def _verdict(passes: list[Enrollment], past: list[Reason], outlook: list[Reason]) -> Reason:
    """The newest thing that happened; where nothing did, what stands in the way."""
    inside = next((row for row in passes if row.ended_at is None), None)
    if inside is not None:
        usual = inside.status == EnrollmentStatus.ACTIVE
        text = _("Is inside now.") if usual else _("Is inside now: %s.") % inside.get_status_display()
        return Reason(Entry.ALREADY_INSIDE, text, inside.entered_at)
    if past:
        return past[0]
    return next((reason for reason in outlook if reason.code != Entry.ENTERED), outlook[0])


def _outlook(
    automation: Automation,
    plan: Plan | None,
    contact: Contact,
    passes: list[Enrollment],
    refusals: list[EntryRefusal],
    now: datetime,
) -> list[Reason]:
    blocked = _blocked(automation, plan)
    if blocked is not None or plan is None:
        return [blocked] if blocked else []
    if not plan.triggers:
        return [Reason(Entry.NO_EVENT, _("It has no trigger: contacts enter only when they are added."))]
    account, past = Account.current(), history_of(automation.pk, contact.pk, now)
    seen = {row.trigger_key for row in passes} | {row.trigger_key for row in refusals}
    found: list[Reason] = []
    for trigger in plan.triggers:
        found.append(_would_enter(automation, plan, trigger, contact, past, account, now))
        if trigger.key not in seen:
            found.append(_no_event(automation, trigger))
    return found


def _blocked(automation: Automation, plan: Plan | None) -> Reason | None:
    """What keeps everybody out."""
    if plan is None:
        return Reason(Entry.NOT_PUBLISHED, _("It was never published, so no trigger listens."))
    if automation.is_active:
        return None
    if automation.breaker_at:
        text = _("The circuit breaker stopped it. %s") % automation.breaker_reason
        return Reason(Entry.BREAKER, text, automation.breaker_at)
    text = _("It is inactive: events are not looked at, and are not caught up with later.")
    return Reason(Entry.INACTIVE, text, automation.deactivated_at)


def _would_enter(
    automation: Automation,
    plan: Plan,
    trigger: Trigger,
    contact: Contact,
    past: Past,
    account: Account,
    now: datetime,
) -> Reason:
    """What this trigger would answer to its event, if it happened to the contact now."""
    name = trigger.describe()

    def answer(code: str, text: str) -> Reason:
        return Reason(code, text, trigger_key=trigger.key, trigger=name)

    if locked := why_locked(trigger, account):
        return answer(Entry.LOCKED, locked)
    refusal = refusal_of(Listener(automation.pk, automation.entry_policy, plan, trigger), past)
    if refusal is not None:
        text = _("“%(trigger)s” would not let it in: %(reason)s.")
        return answer(refusal, text % {"trigger": name, "reason": refusal.label})
    if not matching(trigger.segment, [contact.pk], Moment(now=now, zone=account.zone)):
        text = _("“%(trigger)s” would not let it in: now outside its segment (%(segment)s).")
        segment = describe_tree(trigger.segment)
        return answer(Entry.OUTSIDE_SEGMENT, text % {"trigger": name, "segment": segment})
    return answer(Entry.ENTERED, _("The next time “%s” happens it would enter.") % name)


def _no_event(automation: Automation, trigger: Trigger) -> Reason:
    name = trigger.describe()
    text = (
        _("“%s” has not happened to this contact since the automation became active, as far as is known.") % name
    )
    return Reason(Entry.NO_EVENT, text, automation.activated_at, trigger.key, name)
