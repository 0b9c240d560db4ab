"""The narrow log of what steps did, and rolled-up counts of it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automations.reasons import Outcome

from .automation import Automation
from .enrollment import Enrollment


class StepLog(models.Model):
    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="log")
    step_key = models.CharField(max_length=12)
    visit = models.PositiveIntegerField()
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    detail = models.CharField(_("detail"), max_length=250, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("step log entry")
        verbose_name_plural = _("step log")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.get_outcome_display()


class StepCount(models.Model):
    """Counts as rows to be summed: workers append, a schedule rolls them up, so no row is fought over.

    `metric` is "entered", "left", "failed", or "arm:<arm>" for the path taken. The automation
    itself counts under step_key "" ("entered", "left").
    """

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="counts", db_index=False)
    step_key = models.CharField(max_length=12, blank=True)
    metric = models.CharField(max_length=20)
    amount = models.BigIntegerField()

    class Meta:
        verbose_name = _("step count")
        indexes = [models.Index(fields=["automation", "step_key", "metric"], name="step_count_sum")]

    def __str__(self) -> str:
        return f"{self.step_key} {self.metric}: {self.amount}"
