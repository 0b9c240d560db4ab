"""/steps/: what automations do (drafts; publishing makes them run)."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from automations.models import Automation, Step
from automations.services import add_step, delete_step, update_step
from automations.steps.base import STEPS
from automations.steps.go_to import give_titles
from contacts.api.filters import YesNoFilter, refuse_unknown
from contacts.api.strict import IdField

from .parts import PartSerializer, PartViewSet, one_of, serializers_of


class ArmSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field called “label”


class StepSerializer(PartSerializer):
    id = serializers.IntegerField(read_only=True)
    automation = IdField(help_text="An automation's id.")
    type = serializers.CharField()
    key = serializers.CharField(read_only=True, help_text="Stays through publishing, undo and redo.")
    parent: Any = serializers.CharField(
        required=False, allow_blank=True, max_length=12, help_text="The key of the step above; empty at the top."
    )
    arm = serializers.CharField(
        required=False, allow_blank=True, max_length=12, help_text="The way out of the parent; empty at the top."
    )
    enabled = serializers.BooleanField(required=False)
    arms = ArmSerializer(many=True, read_only=True, help_text="The ways out, for the steps below.")
    sentence = serializers.CharField(read_only=True, help_text="What it does, in words.")
    problems = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What keeps it from being published. Not in lists.",
    )


SHOWN = serializers_of(STEPS, StepSerializer)


class StepFilter(django_filters.FilterSet):
    automation = django_filters.ModelChoiceFilter(
        queryset=Automation.objects.all(),
        help_text="An automation's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no automation %(value)s.")},
    )
    key = django_filters.CharFilter(max_length=12)
    enabled = YesNoFilter()

    class Meta:
        model = Step
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Steps, newest first", responses=one_of("Step", SHOWN)),
    retrieve=extend_schema(summary="One step", responses=one_of("Step", SHOWN)),
    create=extend_schema(
        summary="Insert a step into an automation's draft",
        description="After `parent`, on its way out `arm`; what stood there follows it. `type` says which; "
        "its settings stand beside it. With no settings it starts empty, to be filled in before publishing.",
        request=one_of("Step", SHOWN),
        responses={201: one_of("Step", SHOWN)},
    ),
    partial_update=extend_schema(
        summary="Change a step's settings, or switch it on or off",
        description="Fields left out stay as they are. `type`, `automation` and its place may be left out, "
        "and not changed.",
        request=one_of("Step", SHOWN),
        responses=one_of("Step", SHOWN),
    ),
)
class StepViewSet(PartViewSet):
    queryset = Step.objects.all()
    filterset_class = StepFilter
    registry = STEPS
    shown = SHOWN
    fixed = ("type", "automation", "parent", "arm")

    def prepare(self, parts: Sequence[Any]) -> None:
        give_titles({step.automation_id for step in parts})

    def add(self, *, enabled: bool = True, **values: Any) -> Step:
        step = add_step(**values)
        return step if enabled else update_step(step=step, enabled=False)

    def change(self, part: Step, **values: Any) -> None:
        update_step(step=part, **values)

    @extend_schema(
        summary="Delete a step; what follows it moves up",
        parameters=[OpenApiParameter("keep_arm", str, description="Of a branch: the way out whose steps stay.")],
        responses={204: None},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        refuse_unknown(given=request.query_params, known={"keep_arm"})
        delete_step(step=self.get_object(), keep_arm=request.query_params.get("keep_arm", ""))
        return Response(status=status.HTTP_204_NO_CONTENT)
