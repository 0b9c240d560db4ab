"""The narrow log of what steps did, and rolled-up counts of it."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
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

    @property
    def told(self) -> str:
        """The detail as a page shows it: a moment, kept in ISO form, in the reader's time zone and format."""
        try:
            moment = datetime.fromisoformat(self.detail)
        except ValueError:
            return self.detail
        if moment.tzinfo is None:
            return self.detail
        return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


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
