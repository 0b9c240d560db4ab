"""Records a conversion of the contact (spec: record a conversion)."""

from decimal import Decimal

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import Conversion
from contacts.services import record_conversion

from .base import STEPS, StepRun


@STEPS.register
class RecordConversionStep(Step):
    slug = "record_conversion"
    label = gettext_lazy("Record a conversion")
    summary = gettext_lazy("Counts a conversion of the contact, with its value.")
    family = "contacts"
    icon = "paid"
    synonyms = (gettext_lazy("revenue"), gettext_lazy("attribution"))

    conversion = models.ForeignKey(
        Conversion, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("conversion")
    )
    value = models.DecimalField(gettext_lazy("value"), max_digits=16, decimal_places=2, null=True)

    class Form(SettingsForm):
        conversion = forms.ModelChoiceField(label=gettext_lazy("Conversion"), queryset=Conversion.objects.all())
        value = forms.DecimalField(
            label=gettext_lazy("Value"),
            required=False,
            min_value=Decimal(0),
            max_value=Decimal(10) ** 12 - 1,
            decimal_places=2,
            help_text=gettext_lazy("Empty: the conversion's own."),
        )

    def run(self, run: StepRun) -> None:
        assert self.conversion_id is not None  # noqa: S101 publishing demands it
        run.check_exists(Conversion, self.conversion_id, _("The conversion does not exist any more."))
        counted: set[int] = set()
        waiting = list(run.contact_ids)
        while waiting:
            # A contact can stand here several times, in several passes: each is a conversion.
            counted |= set(record_conversion(contacts=waiting, conversion=self.conversion_id, value=self.value))
            seen: set[int] = set()
            waiting = [pk for pk in waiting if pk in seen or seen.add(pk)]  # type: ignore[func-returns-value]  # None: goes on
        run.go_all(counted, _("It counts once per contact, and did before."))

    def describe(self) -> str:
        if not self.conversion_id:
            return _("Record a conversion (not chosen yet)")
        name = name_of(Conversion, self.conversion_id)
        if self.value is None:
            return _("Record the conversion “%s”") % name
        return _("Record the conversion “%(name)s”, value %(value)s") % {"name": name, "value": self.value}
