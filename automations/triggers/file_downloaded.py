"""A contact fetches a file of a personal e-mail (spec: file_downloaded).

Only of e-mails that somebody sent through a connected mailbox from the record of a contact, an account or a
deal. Enters the one who fetched it; all of the deal's contacts, where `who` asks for that.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import AddOn, Availability
from automations.events import FILE_DOWNLOADED, Event
from automations.forms import SettingsForm
from automations.models import Trigger

from .base import TRIGGERS

RECORDS = ("contact", "account", "deal")
#: The comparison, and whether its answer is turned round.
NAME_IS: dict[str, Any] = {
    "any": gettext_lazy("any file"),
    "is": gettext_lazy("the file name is"),
    "is_not": gettext_lazy("the file name is not"),
    "contains": gettext_lazy("the file name contains"),
    "not_contains": gettext_lazy("the file name does not contain"),
    "starts": gettext_lazy("the file name starts with"),
    "not_starts": gettext_lazy("the file name does not start with"),
    "ends": gettext_lazy("the file name ends with"),
    "not_ends": gettext_lazy("the file name does not end with"),
}
DATE_IS: dict[str, Any] = {
    "any": gettext_lazy("on any day"),
    "before": gettext_lazy("before"),
    "on": gettext_lazy("on"),
    "after": gettext_lazy("after"),
}
NAMED = [op for op in NAME_IS if op != "any"]
DATED = [op for op in DATE_IS if op != "any"]


@TRIGGERS.register
class FileDownloadedTrigger(Trigger):
    slug = "file_downloaded"
    label = gettext_lazy("Downloads a file")
    summary = gettext_lazy("A contact fetches a file that was sent with a personal e-mail.")
    family = "deals"
    icon = "download"
    synonyms = (gettext_lazy("attachment"), gettext_lazy("brochure"), gettext_lazy("offer"))
    listens_to = FILE_DOWNLOADED
    record = "deal"
    multi_contact = True
    availability = Availability(plans=(), addons=(AddOn.PIPELINES, AddOn.SALES_ENGAGEMENT))

    who = models.CharField(gettext_lazy("who enters"), max_length=10, default="downloader")
    name_is = models.CharField(gettext_lazy("file"), max_length=12, default="any")
    name = models.CharField(gettext_lazy("file name"), max_length=200, blank=True)
    date_is = models.CharField(gettext_lazy("downloaded"), max_length=6, default="any")
    day = models.DateField(gettext_lazy("day"), null=True, blank=True)

    class Form(SettingsForm):
        depends: ClassVar[Any] = {"name": ("name_is", NAMED), "day": ("date_is", DATED)}

        name_is = forms.ChoiceField(
            label=gettext_lazy("Which files"), choices=list(NAME_IS.items()), required=False, initial="any"
        )
        name = forms.CharField(
            label=gettext_lazy("File name"),
            max_length=200,
            required=False,
            help_text=gettext_lazy("“is” means the whole name with its ending: offer.pdf. Case does not count."),
        )
        date_is = forms.ChoiceField(
            label=gettext_lazy("Downloaded"), choices=list(DATE_IS.items()), required=False, initial="any"
        )
        day = forms.DateField(
            label=gettext_lazy("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
        )
        who = forms.ChoiceField(
            label=gettext_lazy("Who enters"),
            choices=[
                ("downloader", gettext_lazy("the contact who fetched it")),
                ("record", gettext_lazy("the contacts of the deal that it was sent from")),
            ],
            required=False,
            initial="downloader",
            help_text=gettext_lazy(
                "A file that was sent from no deal lets only the contact who fetched it enter."
            ),
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            data["who"] = data.get("who") or "downloader"
            for op, value, empty in (("name_is", "name", ""), ("date_is", "day", None)):
                if op in self.errors:
                    continue
                data[op] = data.get(op) or "any"
                if data[op] == "any":
                    data[value] = empty
                elif not data.get(value) and value not in self.errors:
                    self.add_error(value, forms.ValidationError(_("This field is required."), code="required"))
            return data

    def match(self, event: Event) -> Sequence[int]:
        if not self.concerns(event):
            return ()
        return event.contact_ids if self.who == "record" else [int(event.data["by"])]

    def concerns(self, event: Event) -> bool:
        data = event.data
        if data.get("sent_from") not in RECORDS or not data.get("mailbox"):
            return False
        return self._fits_name(str(data.get("file") or "")) and self._fits_day(str(data.get("date") or ""))

    def _fits_name(self, name: str) -> bool:
        given, wanted = name.strip().casefold(), self.name.strip().casefold()
        op = self.name_is.removeprefix("not_").removesuffix("_not")
        found = {
            "any": True,
            "is": given == wanted,
            "contains": wanted in given,
            "starts": given.startswith(wanted),
            "ends": given.endswith(wanted),
        }[op]
        return found != ("not" in self.name_is)

    def _fits_day(self, text: str) -> bool:
        if self.date_is == "any" or self.day is None:
            return self.date_is == "any"
        day = date.fromisoformat(text)
        return {"before": day < self.day, "on": day == self.day, "after": day > self.day}[self.date_is]

    def describe(self) -> str:
        parts = [_("Downloads any file") if self.name_is == "any" else _("Downloads a file; %(op)s “%(name)s”") % {
            "op": NAME_IS[self.name_is], "name": self.name or "…",
        }]  # fmt: skip
        if self.date_is != "any":
            day = date_format(self.day, "SHORT_DATE_FORMAT") if self.day else "…"
            parts.append(f"{DATE_IS[self.date_is]} {day}")
        return ", ".join(parts)
