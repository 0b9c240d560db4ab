"""Facts about deals: what changed, from what to what, when, and who did it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.facts import FieldFact

from .deals import Deal


class DealChange(FieldFact):
    """Something about a deal changed. `field` is a name of deals.facts or a custom field's key.

    Besides what FieldFact says of `old` and `new`: ids of stages, pipelines, owners and accounts, and
    `12.5 EUR` for the value. A deal that is made leaves a change of the pipeline, from "".
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="changes")

    class Meta:
        verbose_name = _("deal change")
        verbose_name_plural = _("deal changes")
        indexes = [models.Index(fields=["deal", "at"], name="deal_change_timeline")]
