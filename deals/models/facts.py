"""Facts about deals: what changed, from what to what, when, and who did it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.base import Fact

from .deals import Deal


class DealChange(Fact):
    """Something about a deal changed. `field` is a name of deals.facts, or `field:<key>` of a custom field.

    `old` and `new` hold canonical texts ("" when empty): ids of stages, pipelines, owners and accounts;
    `12.5 EUR` for the value; ISO 8601 for dates. A deal that is made leaves one change, of the pipeline.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="changes")
    field = models.CharField(_("field"), max_length=70)
    old = models.TextField(_("from"), blank=True)
    new = models.TextField(_("to"), blank=True)

    class Meta:
        verbose_name = _("deal change")
        verbose_name_plural = _("deal changes")
        indexes = [models.Index(fields=["deal", "at"], name="deal_change_timeline")]

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"
