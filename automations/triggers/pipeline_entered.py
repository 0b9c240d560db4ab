"""A deal enters a pipeline: it is made there, or moved there (spec: pipeline_entered)."""

from collections.abc import Hashable, Iterable

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.events import PIPELINE_ENTERED
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from deals.models import Pipeline

from .base import TRIGGERS


@TRIGGERS.register
class PipelineEnteredTrigger(Trigger):
    slug = "pipeline_entered"
    label = gettext_lazy("Deal enters a pipeline")
    summary = gettext_lazy("A deal is made in a pipeline, or moved there from another.")
    family = "deals"
    icon = "conversion_path"
    synonyms = (gettext_lazy("new deal"), gettext_lazy("deal created"), gettext_lazy("opportunity"))
    availability = ADD_ONS
    listens_to = PIPELINE_ENTERED
    record = "deal"
    multi_contact = True

    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("pipeline")
    )

    class Form(SettingsForm):
        pipeline = forms.ModelChoiceField(
            label=gettext_lazy("Pipeline"),
            queryset=Pipeline.objects.all(),
            required=False,
            empty_label=gettext_lazy("any pipeline"),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.pipeline_id]

    def describe(self) -> str:
        if not self.pipeline_id:
            return _("A deal enters any pipeline")
        return _("A deal enters the pipeline “%s”") % name_of(Pipeline, self.pipeline_id)
