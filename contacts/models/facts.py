"""Facts about contacts: what changed, from what to what, when, and who did it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Fact
from .contact import Contact
from .lists import List, SubscriptionStatus
from .tags import Tag


class TagChange(Fact):
    """A tag was put on (`added`) or taken off."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="tag_changes")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="changes")
    added = models.BooleanField(_("put on"))

    class Meta:
        verbose_name = _("tag change")
        indexes = [models.Index(fields=["contact", "at"], name="tag_change_timeline")]

    def __str__(self) -> str:
        return f"{'+' if self.added else '-'}{self.tag}"


class SubscriptionChange(Fact):
    """A subscription's status changed. Outlives the contact: refusals are kept by address hash."""

    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="subscription_changes")
    list = models.ForeignKey(List, models.CASCADE, related_name="changes")
    old = models.CharField(_("from"), max_length=12, choices=SubscriptionStatus, blank=True)
    new = models.CharField(_("to"), max_length=12, choices=SubscriptionStatus)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("subscription change")
        indexes = [
            models.Index(fields=["contact", "at"], name="sub_change_timeline"),
            # Refusals of forgotten addresses, and the person behind an old link.
            models.Index(fields=["address_hash", "list"], name="sub_change_address"),
        ]

    def __str__(self) -> str:
        return f"{self.list}: {self.old} → {self.new}"


class FieldFact(Fact):
    """A field's value changed. `field` is a standard field's name or a custom field's key.

    `old` and `new` hold the canonical text of the value ("" when empty): ISO 8601 for dates,
    plain decimals for numbers, newline-joined options for a multi-select.
    """

    field = models.CharField(_("field"), max_length=64)
    old = models.TextField(_("from"), blank=True)
    new = models.TextField(_("to"), blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"


class FieldChange(FieldFact):
    """A field of a contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="field_changes")

    class Meta:
        verbose_name = _("field change")
        indexes = [models.Index(fields=["contact", "at"], name="field_change_timeline")]
