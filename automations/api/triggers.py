"""/triggers/: what starts automations (drafts; publishing makes them run)."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from automations.models import Automation, Trigger
from automations.models.trigger import Recipients, Runs
from automations.services import add_trigger, delete_trigger, update_trigger
from automations.triggers.base import TRIGGERS
from contacts.api.strict import IdField

from .parts import PartSerializer, PartViewSet, one_of, serializers_of
from .settings import TREE, SettingField

SEGMENT = {**TREE, "description": "Conditions on the contact, asked once, at the event; {} for none."}

RECORD_SEGMENT = {
    **TREE,
    "description": "Conditions on the record that it is about, of the types in /condition-types/ for its kind; "
    "{} for any record, and for types that are about none.",
}


class TriggerSerializer(PartSerializer):
    id = serializers.IntegerField(read_only=True)
    automation = IdField(help_text="An automation's id.")
    type = serializers.CharField()
    key = serializers.CharField(read_only=True, help_text="Stays through publishing, undo and redo.")
    runs = serializers.ChoiceField(choices=Runs.choices, required=False)
    segment = SettingField(SEGMENT)
    recipients = serializers.ChoiceField(
        choices=Recipients.choices, required=False, help_text="Which contacts of the record that it is about."
    )
    record_segment = SettingField(RECORD_SEGMENT)
    sentence = serializers.CharField(read_only=True, help_text="What it does, in words.")
    problems = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What keeps it from being published. Not in lists.",
    )


SHOWN = serializers_of(TRIGGERS, TriggerSerializer)


class TriggerFilter(django_filters.FilterSet):
    automation = django_filters.ModelChoiceFilter(
        queryset=Automation.objects.all(),
        help_text="An automation's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no automation %(value)s.")},
    )
    runs = django_filters.ChoiceFilter(choices=Runs.choices)

    class Meta:
        model = Trigger
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Triggers, newest first", responses=one_of("Trigger", SHOWN)),
    retrieve=extend_schema(summary="One trigger", responses=one_of("Trigger", SHOWN)),
    create=extend_schema(
        summary="Add a trigger to an automation's draft",
        description="`type` says which; its settings stand beside it. With no settings it starts empty, "
        "to be filled in before publishing. A type outside the account's plan is refused.",
        request=one_of("Trigger", SHOWN),
        responses={201: one_of("Trigger", SHOWN)},
    ),
    partial_update=extend_schema(
        summary="Change a trigger's settings, run rule or segment",
        description="Fields left out stay as they are. `type` and `automation` may be left out, and not changed.",
        request=one_of("Trigger", SHOWN),
        responses=one_of("Trigger", SHOWN),
    ),
    destroy=extend_schema(summary="Delete a trigger", responses={204: None}),
)
class TriggerViewSet(PartViewSet):
    queryset = Trigger.objects.all()
    filterset_class = TriggerFilter
    registry = TRIGGERS
    shown = SHOWN
    fixed = ("type", "automation")

    def add(self, **values: Any) -> Trigger:
        return add_trigger(**values)

    def change(self, part: Trigger, **values: Any) -> None:
        update_trigger(trigger=part, **values)

    def destroy(self, request: Request, pk: str) -> Response:
        delete_trigger(trigger=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
