from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.base import Timestamped

from .deals import Deal


class DealNote(Timestamped):
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="notes", verbose_name=_("deal"))
    text = models.TextField(_("text"), max_length=10_000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )

    class Meta:
        verbose_name = _("deal note")
        verbose_name_plural = _("deal notes")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["deal", "created_at"], name="deal_note_timeline")]

    def __str__(self) -> str:
        return self.text[:60]
