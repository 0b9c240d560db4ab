"""Where the step “add a row to a spreadsheet” writes: files kept here, and sheets kept elsewhere."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.encryption import EncryptedTextField
from contacts.models import Contact
from contacts.models.base import Timestamped

from .enrollment import Enrollment


class Spreadsheet(Timestamped):
    """`kind` names a back end of `automations.spreadsheets`, which knows what the rest of the settings mean.

    document  the id of a sheet kept elsewhere, and `tab` the one of its tabs; the first one where it is empty
    key       what opens it: of Google the JSON key of a service account
    columns   the headings of a file kept here, in the order in which rows brought them
    """

    name = models.CharField(
        _("name"), max_length=100, unique=True,
        error_messages={"unique": _("A spreadsheet with this name exists already.")},
    )  # fmt: skip
    kind = models.CharField(_("kept"), max_length=20, default="csv")
    document = models.CharField(_("spreadsheet"), max_length=500, blank=True, default="")
    tab = models.CharField(_("tab"), max_length=100, blank=True, default="")
    key = EncryptedTextField(_("key"), blank=True, default="")
    columns = models.JSONField(_("columns"), default=list, editable=False)

    class Meta:
        verbose_name = _("spreadsheet")
        verbose_name_plural = _("spreadsheets")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SpreadsheetRow(models.Model):
    """A row of a file kept here, written with the move of the enrollment: once to a visit of a step."""

    spreadsheet = models.ForeignKey(
        Spreadsheet, models.CASCADE, related_name="rows", verbose_name=_("spreadsheet")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, related_name="spreadsheet_rows", verbose_name=_("contact")
    )
    enrollment = models.ForeignKey(Enrollment, models.SET_NULL, null=True, related_name="+", db_index=False)
    step_key = models.CharField(max_length=12, editable=False)
    visit = models.PositiveIntegerField(default=0, editable=False)
    cells = models.JSONField(_("cells"), default=dict)
    created_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("row of a spreadsheet")
        verbose_name_plural = _("rows of spreadsheets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "step_key", "visit"], name="spreadsheet_row_once"),
        ]

    def __str__(self) -> str:
        return ", ".join(text for _heading, text in self.in_order() if text)[:80] or f"#{self.pk}"

    def in_order(self) -> list[tuple[str, str]]:
        """(heading, text) as the file has its columns; PostgreSQL keeps no order of JSON's names."""
        return [(heading, self.cells[heading]) for heading in self.spreadsheet.columns if heading in self.cells]
