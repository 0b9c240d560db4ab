"""Contacts in automations: where each stands, and who was turned away."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automations.reasons import Entry, Exit
from contacts.models import Contact

from .automation import Automation


class EnrollmentStatus(models.TextChoices):
    ACTIVE = "active", _("inside")
    HELD = "held", _("held while the automation is inactive")
    PARKED = "parked", _("parked after an error")
    COMPLETED = "completed", _("completed")
    EXITED = "exited", _("left early")


INSIDE = (EnrollmentStatus.ACTIVE, EnrollmentStatus.HELD, EnrollmentStatus.PARKED)


class Enrollment(models.Model):
    """One pass of one contact through one automation.

    It stands at `step_key`: not run yet (`arrived` false), or waiting in it. `visit` counts the
    steps it has come to. It is due at `due_at`; no `due_at` means until something happens.
    The row is the only place that says so: no task in any queue stands for a contact.
    """

    automation = models.ForeignKey(
        Automation, models.CASCADE, related_name="enrollments", db_index=False, verbose_name=_("automation")
    )
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="enrollments", verbose_name=_("contact"))
    number = models.PositiveIntegerField(_("pass"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=EnrollmentStatus, default=EnrollmentStatus.ACTIVE
    )
    step_key = models.CharField(_("step"), max_length=12, blank=True)
    arrived = models.BooleanField(default=False)
    visit = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    # The end of the wait the contact stands in, where waking up early doesn't mean going on.
    limit_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    trigger_key = models.CharField(max_length=12, blank=True)
    # {"kind": "...", "data": {...}, "record": ["deals.deal", 7]}: what started it, for the steps.
    event = models.JSONField(default=dict)
    # Ids of the automations that caused it, outermost first (loop guard).
    chain = models.JSONField(default=list)
    entered_at = models.DateTimeField(_("entered"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    exit_reason = models.CharField(_("ended because"), max_length=20, choices=Exit, blank=True)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["automation", "contact", "number"], name="enrollment_pass"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status="active"), name="enrollment_due"),
            models.Index(
                fields=["automation", "step_key"],
                condition=models.Q(status__in=["active", "held", "parked"]),
                name="enrollment_inside",
            ),
            models.Index(
                fields=["automation", "due_at"], condition=models.Q(status="held"), name="enrollment_held"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.automation_id}/{self.contact_id}#{self.number}"


class EntryRefusal(models.Model):
    """A trigger matched, and the contact still did not enter; why. Kept for a while (retention).

    Without a contact it is about a record that has none to enter.
    """

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="refusals")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="refusals")
    # ["deals.deal", 7]: what the event was about, where it was about a record.
    record = models.JSONField(null=True)
    trigger_key = models.CharField(max_length=12, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Entry)
    event_kind = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("refused entry")
        verbose_name_plural = _("refused entries")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.get_reason_display()


class WakeUp(models.Model):
    """Something happened that an enrollment's wait, goal or exit criterion may depend on.

    Written in the transaction of the event, taken by the worker: conditions are decided there,
    again, at wake-up.
    """

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="wake_ups", db_index=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("wake-up")

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.kind}"
