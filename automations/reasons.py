"""Every decision of the engine has one of these codes; none is a bare True or False."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.TextChoices):
    """Why a contact did or didn't enter an automation."""

    ENTERED = "entered", _("entered")
    ALREADY_INSIDE = "already_inside", _("already inside the automation")
    ENTERED_BEFORE = "entered_before", _("entered before, and may enter only once ever")
    ONCE_ONLY = "once_only", _("this trigger runs once per contact, and has run")
    OUTSIDE_SEGMENT = "outside_segment", _("outside the trigger's segment at the moment of the event")
    OUTSIDE_RECORD = "outside_record", _("the record was outside the trigger's conditions on it")
    NOT_PRIMARY = "not_primary", _("not the record's primary contact, and only that one enters")
    CEILING = "ceiling", _("reached the ceiling of entries in 24 hours")
    LOOP = "loop", _("the automation itself caused the event (loop guard)")
    BREAKER = "breaker", _("the circuit breaker stopped a runaway automation")
    INACTIVE = "inactive", _("the automation was inactive")
    NOT_PUBLISHED = "not_published", _("the automation was never published")
    LOCKED = "locked", _("locked by plan")
    NO_EVENT = "no_event", _("no event of this kind reached the trigger since it became active")
    NO_CONTACT = "no_contact", _("the record has no contact")


class Outcome(models.TextChoices):
    """What a step did with a contact."""

    DONE = "done", _("done")
    NOTHING_TO_DO = "nothing_to_do", _("nothing to do")
    WAITING = "waiting", _("waiting")
    WAIT_OVER = "wait_over", _("the wait is over")
    CONDITIONS_MET = "conditions_met", _("conditions met")
    CONDITIONS_NOT_MET = "conditions_not_met", _("conditions not met")
    LIMIT_REACHED = "limit_reached", _("the limit was reached")
    NO_DATE = "no_date", _("the contact has no such date")
    DATE_PASSED = "date_passed", _("the date had passed already")
    SPLIT = "split", _("took a path")
    GOAL_REACHED = "goal_reached", _("goal reached")
    GOAL_SKIPPED = "goal_skipped", _("goal skipped")
    JUMPED = "jumped", _("went to another step")
    QUEUED = "queued", _("handed over for delivery")
    SENT_BEFORE = "sent_before", _("sent earlier in this pass")
    NOT_ELIGIBLE = "not_eligible", _("not sent")
    DISABLED = "disabled", _("the step is disabled")
    STEP_REMOVED = "step_removed", _("the step was removed by a publication")
    RETRY = "retry", _("failed, will be tried again")
    PARKED = "parked", _("failed, parked")
    ENDLESS = "endless", _("endless pass without a wait, parked")
    COMPLETED = "completed", _("completed")
    ENDED = "ended", _("ended")
    SKIPPED_BY_HAND = "skipped_by_hand", _("skipped by hand")
    MOVED_BY_HAND = "moved_by_hand", _("moved by hand")
    RETRIED_BY_HAND = "retried_by_hand", _("retried by hand")


class Exit(models.TextChoices):
    """Why an enrollment is over."""

    COMPLETED = "completed", _("completed")
    ENDED_BY_STEP = "ended_by_step", _("ended by a step")
    ENDED_BY_AUTOMATION = "ended_by_automation", _("ended by another automation")
    GOAL_MISSED = "goal_missed", _("ended at a goal that wasn't met")
    UNSUBSCRIBED = "unsubscribed", _("left on unsubscribing")
    CONVERTED = "converted", _("left on a conversion")
    BY_HAND = "by_hand", _("ended by hand")
    STEP_REMOVED = "step_removed", _("its step was removed")
    MERGED = "merged", _("the contact was merged into another")


class Skip(models.TextChoices):
    """Why an e-mail wasn't sent to a contact."""

    UNSUBSCRIBED = "unsubscribed", _("unsubscribed from the lists")
    NO_LIST = "no_list", _("not subscribed to any of the lists")
    UNCONFIRMED = "unconfirmed", _("the subscription awaits confirmation")
    BOUNCED = "bounced", _("the address bounced")
    SUPPRESSED = "suppressed", _("the address is suppressed")
    CONTACT_GONE = "contact_gone", _("the contact was deleted")
    CANCELLED = "cancelled", _("cancelled by hand")
    NO_MAILBOX = "no_mailbox", _("the mailbox is gone or not connected")
