from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.notes import NoteText

from .deals import Deal


class DealNote(NoteText):
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="notes", verbose_name=_("deal"))

    class Meta:
        verbose_name = _("deal note")
        verbose_name_plural = _("deal notes")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["deal", "created_at"], name="deal_note_timeline")]
