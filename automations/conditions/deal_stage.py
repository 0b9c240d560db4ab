"""Where a deal stands."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, DEAL_STAGE_CHANGED, PIPELINE_ENTERED
from automations.forms import SettingsForm
from automations.names import name_of
from automations.records.deal import DEAL
from deals.models import Pipeline, Stage

from .base import Moment, Settings
from .records import RecordCondition, register_for_records


class StageForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("in", gettext_lazy("is in")), ("not_in", gettext_lazy("is not in"))], initial="in"
    )
    pipeline = forms.ModelChoiceField(
        label=gettext_lazy("Pipeline"), queryset=Pipeline.objects.all(), required=False,
        empty_label=gettext_lazy("that of the stage"),
    )  # fmt: skip
    stage = forms.ModelChoiceField(
        label=gettext_lazy("Stage"), queryset=Stage.objects.select_related("pipeline"), required=False,
        empty_label=gettext_lazy("any stage"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        pipeline, stage = data.get("pipeline"), data.get("stage")
        if not pipeline and not stage and not self.errors:
            self.add_error("pipeline", forms.ValidationError(_("Choose a pipeline or a stage."), code="required"))
        if pipeline and stage and stage.pipeline_id != pipeline.pk:
            self.add_error("stage", _("This stage belongs to another pipeline."))
        return data


@register_for_records
class DealStageCondition(RecordCondition):
    slug = "deal_stage"
    label = gettext_lazy("Deal's stage")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = StageForm
    listens_to = (DEAL_STAGE_CHANGED, PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(stage=settings["stage"]) if settings.get("stage") else Q(pipeline=settings["pipeline"])
        return found if settings["op"] == "in" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        stage = settings.get("stage")
        name = name_of(Stage, stage) if stage else name_of(Pipeline, settings["pipeline"])
        return (_("is in “%s”") if settings["op"] == "in" else _("is not in “%s”")) % name
