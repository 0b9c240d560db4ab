"""What the health checks remember: signs of life, when triggers were last used, and alarms."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .automation import Automation


class WorkerBeat(models.Model):
    """A worker process that has done the due work: schedule, queue, worker and database are in touch."""

    name = models.CharField(_("worker"), max_length=200, unique=True)
    host = models.CharField(_("machine"), max_length=150)
    started_at = models.DateTimeField(_("first seen"))
    at = models.DateTimeField(_("last seen"), db_index=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TriggerUse(models.Model):
    """When a trigger last let somebody in. Written by a sweep over new entries, never on the way in."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="trigger_uses")
    trigger_key = models.CharField(max_length=12)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("use of a trigger")
        constraints = [models.UniqueConstraint(fields=["automation", "trigger_key"], name="trigger_use")]

    def __str__(self) -> str:
        return f"{self.automation_id}/{self.trigger_key}"


class SweepMark(models.Model):
    """How far a sweep has come: the id up to which it has seen the rows of its table."""

    name = models.CharField(max_length=50, primary_key=True)
    seen = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("mark of a sweep")

    def __str__(self) -> str:
        return self.name


class HealthAlarm(models.Model):
    """How one check has stood lately. Raised after several bad looks in a row, over after several good ones."""

    check_name = models.CharField(_("check"), max_length=50, unique=True)
    bad = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    raised_at = models.DateTimeField(_("since"), null=True, blank=True)
    # What the managers were told last: raised, over; a message that can't be sent is tried at the next look.
    told_raised = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("health alarm")
        verbose_name_plural = _("health alarms")

    def __str__(self) -> str:
        return self.check_name
