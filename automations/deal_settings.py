"""What triggers and steps about deals ask alike."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from automations.availability import AddOn, Availability
from deals.models import Stage

#: What deals and tasks come with.
ADD_ONS = Availability(plans=(), addons=(AddOn.PIPELINES, AddOn.SALES_ENGAGEMENT))

ANY_STAGE = gettext_lazy("any stage")


class StageChoice(forms.ModelChoiceField):
    """A stage, named with its pipeline; unless told, not choosing is an explicit “any”."""

    def __init__(self, *, required: bool = False, empty_label: Any = ANY_STAGE, **kwargs: Any) -> None:
        stages = Stage.objects.select_related("pipeline")
        ordered = stages.order_by("pipeline__position", "pipeline_id", "position", "pk")
        super().__init__(ordered, required=required, empty_label=empty_label, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.pipeline}: {obj}"
