from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Timestamped
from .contact import Contact


class NoteText(Timestamped):
    """A note; subclasses say on what."""

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
        abstract = True

    def __str__(self) -> str:
        return self.text[:60]


class Note(NoteText):
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="notes", verbose_name=_("contact"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["contact", "created_at"], name="note_timeline")]
