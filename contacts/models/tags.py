"""Tags, and which contact has which."""

from typing import Any

from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import Timestamped, cascade_in_sql
from .contact import Contact


class Tag(Timestamped):
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="tag_name",
                violation_error_message=_("A tag with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ContactTag(models.Model):
    """A tag on a contact. Putting it on and taking it off each leave a TagChange."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="contact_tags", verbose_name=_("contact"))
    tag = models.ForeignKey(Tag, cascade_in_sql, related_name="contact_tags", verbose_name=_("tag"))
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tag of a contact")
        verbose_name_plural = _("tags of contacts")
        constraints = [models.UniqueConstraint(fields=["contact", "tag"], name="contact_tag")]
        indexes = [models.Index(fields=["tag", "contact"], name="contact_tag_reverse")]

    def __str__(self) -> str:
        return str(self.tag)

    def save(self, *args: Any, **kwargs: Any) -> None:
        from contacts.services.changes import record_tag

        created = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if created:
                record_tag(contact_id=self.contact_id, tag_id=self.tag_id, added=True)
