"""What date_reached remembers: until when it has looked, and which occurrences have been."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .automation import Automation


class DateWatch(models.Model):
    """A trigger's place in time. Occurrences due before `since` are none of its business."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="+")
    trigger_key = models.CharField(max_length=12)
    #: What the trigger looks for: with other settings it begins anew.
    rule = models.CharField(max_length=500)
    since = models.DateTimeField()
    swept_at = models.DateTimeField(_("swept until"))

    class Meta:
        verbose_name = _("date watch")
        constraints = [models.UniqueConstraint(fields=["automation", "trigger_key"], name="date_watch_once")]

    def __str__(self) -> str:
        return f"{self.automation_id}: {self.trigger_key}"


class DateEntry(models.Model):
    """An occurrence that has been raised, written in the transaction of its event: unique, so never twice."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="+")
    trigger_key = models.CharField(max_length=12)
    field = models.CharField(max_length=64)
    #: Of the contact, or of the record that the field belongs to.
    record_id = models.BigIntegerField()
    #: Which of the value's occurrences, and of which value: see `engine.dates.Occurrence`.
    occurrence = models.DateTimeField()
    day = models.DateField()
    #: Of a field with a time of day: the value that it had.
    value = models.DateTimeField(null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("date's occurrence")
        constraints = [
            models.UniqueConstraint(
                fields=["automation", "trigger_key", "field", "record_id", "occurrence"], name="date_entry_once"
            )
        ]
        indexes = [models.Index(fields=["at"], name="date_entry_at")]

    def __str__(self) -> str:
        return f"{self.field} {self.record_id}: {self.day}"
