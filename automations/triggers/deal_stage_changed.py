"""A deal moves to another stage (spec: deal_stage_changed)."""

from collections.abc import Hashable, Iterable
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS, StageChoice
from automations.events import DEAL_STAGE_CHANGED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.quotes import quoted
from deals.models import Pipeline, Stage

from .base import TRIGGERS
from .deal_event import from_to


@TRIGGERS.register
class DealStageChangedTrigger(Trigger):
    slug = "deal_stage_changed"
    label = gettext_lazy("Deal stage changes")
    summary = gettext_lazy("A deal moves to another stage, on the board or elsewhere.")
    family = "deals"
    icon = "view_kanban"
    synonyms = (gettext_lazy("pipeline"), gettext_lazy("board"), gettext_lazy("opportunity"))
    availability = ADD_ONS
    listens_to = DEAL_STAGE_CHANGED
    record = "deal"
    multi_contact = True

    # Null stands for any.
    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("pipeline")
    )
    old_stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("from stage")
    )
    new_stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("to stage")
    )

    class Form(SettingsForm):
        pipeline = forms.ModelChoiceField(
            label=gettext_lazy("Pipeline"),
            queryset=Pipeline.objects.all(),
            required=False,
            empty_label=gettext_lazy("any pipeline"),
            help_text=gettext_lazy("The one that the deal is in after the move."),
        )
        old_stage = StageChoice(label=gettext_lazy("From"))
        new_stage = StageChoice(label=gettext_lazy("To"))

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            old, new, pipeline = data.get("old_stage"), data.get("new_stage"), data.get("pipeline")
            if new and pipeline and new.pipeline_id != pipeline.pk:
                self.add_error("new_stage", _("This stage belongs to another pipeline."))
            if old and new and old == new:
                self.add_error("new_stage", _("“From” and “to” are the same stage: that is no change."))
            return data

    def index_keys(self) -> Iterable[Hashable]:
        return [self.pipeline_id]

    def concerns(self, event: Event) -> bool:
        old, new = event.change or ("", "")
        from_it = self.old_stage_id is None or old == str(self.old_stage_id)
        return from_it and (self.new_stage_id is None or new == str(self.new_stage_id))

    def describe(self) -> str:
        old = quoted(name_of(Stage, self.old_stage_id)) if self.old_stage_id else ""
        new = quoted(name_of(Stage, self.new_stage_id)) if self.new_stage_id else ""
        text = _("A deal moves%s") % from_to(old, new) if old or new else _("A deal moves to another stage")
        if self.pipeline_id:
            text += _(" in “%s”") % name_of(Pipeline, self.pipeline_id)
        return text
