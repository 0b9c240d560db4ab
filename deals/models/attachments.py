"""Files that go with personal e-mails, as links to a page of ours, and who fetched them."""

import secrets
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from contacts.models.base import Fact

from .mail import PersonalEmail


def stored_name(attachment: "MailAttachment", name: str) -> str:
    """A place that says nothing of what the user called the file, nor can be guessed."""
    return f"attachments/{timezone.now():%Y/%m}/{secrets.token_hex(16)}{PurePath(name).suffix.lower()[:10]}"


class MailAttachment(models.Model):
    """`email` is null from the upload until the e-mail is sent; such a file goes after a day."""

    email = models.ForeignKey(
        PersonalEmail, models.CASCADE, null=True, related_name="attachments", verbose_name=_("e-mail")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("user")
    )
    name = models.CharField(_("file name"), max_length=200)
    file = models.FileField(_("file"), upload_to=stored_name, max_length=200)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False, db_index=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class FileDownload(Fact):
    """A contact fetched a file. `file_name` outlives the file."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="file_downloads", db_index=False, verbose_name=_("contact")
    )
    attachment = models.ForeignKey(
        MailAttachment, models.SET_NULL, null=True, related_name="downloads", verbose_name=_("attachment")
    )
    email = models.ForeignKey(
        PersonalEmail, models.SET_NULL, null=True, related_name="downloads", verbose_name=_("e-mail")
    )
    file_name = models.CharField(_("file name"), max_length=200)

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["-id"]
        indexes = [models.Index(fields=["contact", "at"], name="file_download_timeline")]

    def __str__(self) -> str:
        return self.file_name
