from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from contacts.signals import conditions_cleaning

from .base import Timestamped


class Segment(Timestamped):
    """A saved set of conditions: a tree that the automations' condition registry compiles and describes."""

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=250, blank=True)
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="segment_name",
                violation_error_message=_("A segment with this name exists already."),
            )
        ]

    def clean(self) -> None:
        """What conditions there are, and whether these are sound, the automations' registry knows."""
        try:
            for _receiver, tree in conditions_cleaning.send(sender=type(self), segment=self):
                self.conditions = tree
        except ValidationError as error:
            raise ValidationError({"conditions": error.messages}) from None

    def __str__(self) -> str:
        return self.name
