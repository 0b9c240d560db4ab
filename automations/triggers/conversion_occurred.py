"""A contact triggers a defined conversion (spec: conversion_occurred)."""

from collections.abc import Hashable, Iterable

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PROFESSIONAL_AND_UP, Availability
from automations.events import CONVERSION_OCCURRED
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import Conversion

from .base import TRIGGERS


@TRIGGERS.register
class ConversionOccurredTrigger(Trigger):
    slug = "conversion_occurred"
    label = gettext_lazy("Conversion occurs")
    summary = gettext_lazy("A contact does what you defined as a conversion.")
    family = "contacts"
    icon = "paid"
    synonyms = (gettext_lazy("revenue"), gettext_lazy("attribution"))
    availability = Availability(plans=PROFESSIONAL_AND_UP)
    listens_to = CONVERSION_OCCURRED

    conversion = models.ForeignKey(
        Conversion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("conversion"),
    )

    class Form(SettingsForm):
        conversion = forms.ModelChoiceField(
            label=gettext_lazy("Conversion"),
            queryset=Conversion.objects.all(),
            help_text=gettext_lazy("Define conversions first, under Contacts → Conversions."),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.conversion_id]

    def describe(self) -> str:
        if not self.conversion_id:
            return _("A conversion occurs (not chosen yet)")
        return _("The conversion “%s” occurs") % name_of(Conversion, self.conversion_id)
