"""/trigger-types/, /step-types/ and /condition-types/: what there is, and what the account's plan includes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import steps, triggers
from automations.availability import AddOn, Availability, Plan, why_locked
from automations.conditions.base import CONDITIONS
from automations.models import Account
from automations.models.configured import Configured
from automations.registry import Registry
from contacts.api.base import ApiViewSet
from contacts.api.filters import refuse_unknown

from .settings import settings_schema

EVERYWHERE = Availability()


@extend_schema_field({"type": "object", "additionalProperties": {}})
class SchemaField(serializers.JSONField):
    pass


class TypeSerializer(serializers.Serializer):
    slug = serializers.CharField(help_text="Stands in `type`.")
    name = serializers.CharField()
    description = serializers.CharField()
    family = serializers.CharField()
    family_name = serializers.CharField()
    icon = serializers.CharField(help_text="A Material symbol.")
    synonyms = serializers.ListField(child=serializers.CharField())
    plans = serializers.ListField(child=serializers.ChoiceField(choices=Plan.choices))
    addons = serializers.ListField(child=serializers.ChoiceField(choices=AddOn.choices))
    locked = serializers.BooleanField(help_text="The plan does not include it, or it needs something first.")
    locked_reason = serializers.CharField(help_text="Empty where it is not locked.")
    settings = SchemaField(help_text="JSON Schema of the settings.")


class TriggerTypeSerializer(TypeSerializer):
    fixed_runs = serializers.CharField(help_text="The run rule that can't be changed, or empty.")
    exclusive = serializers.BooleanField(help_text="No other trigger can stand beside it.")
    record = serializers.CharField(help_text="The kind of record that its events are about, or empty.")
    multi_contact = serializers.BooleanField(help_text="About a record that may have several contacts.")


class StepTypeSerializer(TypeSerializer):
    waits = serializers.BooleanField(help_text="Contacts may stand there for a while.")
    terminal = serializers.BooleanField(help_text="Nothing can follow it.")


def entry_of(part: Any, account: Account, families: Mapping[str, Any]) -> dict[str, Any]:
    """A type as a row of the catalogue."""
    availability = getattr(part, "availability", EVERYWHERE)
    locked = why_locked(part, account) if isinstance(part, type) and issubclass(part, Configured) else ""
    family = getattr(part, "family", "") or ""
    return {
        "slug": part.slug,
        "name": str(part.label),
        "description": str(getattr(part, "summary", "")),
        "family": family,
        "family_name": str(families.get(family) or getattr(part, "group", family)),
        "icon": getattr(part, "icon", ""),
        "synonyms": [str(word) for word in getattr(part, "synonyms", ())],
        "plans": [str(plan) for plan in availability.plans],
        "addons": [str(addon) for addon in availability.addons],
        "locked": bool(locked),
        "locked_reason": locked,
        "settings": settings_schema(part.Form),
        **{name: getattr(part, name) for name in OWN if hasattr(part, name)},
    }


OWN = ("fixed_runs", "exclusive", "record", "multi_contact", "waits", "terminal")
SLUG = OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH)


class TypeViewSet(ApiViewSet):
    registry: ClassVar[Registry[Any]]
    families: ClassVar[Mapping[str, Any]] = {}
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9_]{1,50}"
    http_method_names = ["get", "head", "options"]
    pagination_class = None
    filter_backends = []
    serializer_class = TypeSerializer

    def list(self, request: Request) -> Response:
        refuse_unknown(given=request.query_params, known=set())
        account = Account.current()
        return Response([self._entry(part, account) for part in self.registry])

    def retrieve(self, request: Request, slug: str) -> Response:
        part = self.registry.get(slug)
        if part is None:
            raise Http404
        return Response(self._entry(part, Account.current()))

    def _entry(self, part: Any, account: Account) -> Any:
        return self.get_serializer(entry_of(part, account, self.families)).data


@extend_schema_view(
    list=extend_schema(summary="Types of triggers, with their settings"),
    retrieve=extend_schema(summary="One type of trigger", parameters=[SLUG]),
)
class TriggerTypeViewSet(TypeViewSet):
    registry = triggers.TRIGGERS
    families = triggers.FAMILIES
    serializer_class = TriggerTypeSerializer
    action_permissions = {name: ["automations.view_trigger"] for name in ("list", "retrieve")}


@extend_schema_view(
    list=extend_schema(summary="Types of steps, with their settings"),
    retrieve=extend_schema(summary="One type of step", parameters=[SLUG]),
)
class StepTypeViewSet(TypeViewSet):
    registry = steps.STEPS
    families = steps.FAMILIES
    serializer_class = StepTypeSerializer
    action_permissions = {name: ["automations.view_step"] for name in ("list", "retrieve")}


@extend_schema_view(
    list=extend_schema(summary="Types of conditions, with their settings"),
    retrieve=extend_schema(summary="One type of condition", parameters=[SLUG]),
)
class ConditionTypeViewSet(TypeViewSet):
    registry = CONDITIONS
    action_permissions = {name: ["contacts.view_segment"] for name in ("list", "retrieve")}
