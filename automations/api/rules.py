"""/score-rules/: what gives points; /conversion-rules/: what is a conversion."""

from typing import Any

import django_filters
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations.models import ConversionRule, ScoreRule
from automations.names import remembered_names
from automations.services import give_now, give_now_count, save_score_rule
from contacts.api.base import Handler, RecordViewSet
from contacts.api.strict import StrictModelSerializer
from contacts.models import Conversion, Score

from .segments import TreeField


@extend_schema_field({"type": "object", "additionalProperties": {}})
class RuleSettingsField(serializers.JSONField):
    """The settings of the trigger type, checked by its form when the rule is saved."""


class RuleSerializer(StrictModelSerializer):
    settings = RuleSettingsField(required=False, help_text="As in /trigger-types/ for the type “trigger”.")
    conditions = TreeField(required=False)
    sentence = serializers.SerializerMethodField(help_text="When it answers, in words.")

    def get_sentence(self, rule: Any) -> str:
        return str(rule.describe())


class ScoreRuleSerializer(RuleSerializer):
    score = serializers.PrimaryKeyRelatedField(
        queryset=Score.of("contact"), help_text="The id of a score of contacts."
    )

    class Meta:
        model = ScoreRule
        fields = [
            "id", "score", "points", "trigger", "settings", "conditions", "limit", "expires_days", "is_active",
            "sentence", "created_at", "updated_at",
        ]  # fmt: skip


class ScoreRuleFilter(django_filters.FilterSet):
    score = django_filters.ModelChoiceFilter(
        queryset=Score.objects.all(),
        help_text="A score's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no score %(value)s.")},
    )

    class Meta:
        model = ScoreRule
        fields: list[str] = []


class GiveCountSerializer(serializers.Serializer):
    count = serializers.IntegerField(help_text="Contacts who meet the conditions now and never got the points.")


class GiveSerializer(serializers.Serializer):
    selected = serializers.IntegerField(help_text="Contacts who meet the conditions now and never got the points.")
    changed = serializers.IntegerField(help_text="Contacts who got points; 0 while the worker is at it.")
    queued = serializers.BooleanField(help_text="The worker does it.")


class RuleViewSet(RecordViewSet):
    def answer(self, request: Request, handler: Handler) -> HttpResponseBase:
        with remembered_names():
            return super().answer(request, handler)


CHANGE = ["automations.change_scorerule"]


@extend_schema_view(
    list=extend_schema(summary="Rules of scores, newest first"),
    retrieve=extend_schema(summary="One rule"),
    create=extend_schema(
        summary="Add a rule to a score",
        description="“trigger” is the slug of a trigger type, with “settings” as it has them; “conditions” then "
        "narrow whom it counts for. Without a trigger the rule counts when the conditions come true.",
    ),
    partial_update=extend_schema(summary="Change a rule"),
    destroy=extend_schema(summary="Delete a rule; points it gave stay"),
)
class ScoreRuleViewSet(RuleViewSet):
    queryset = ScoreRule.objects.select_related("score")
    serializer_class = ScoreRuleSerializer
    filterset_class = ScoreRuleFilter
    action_permissions = {"give": CHANGE, "give_count": CHANGE}

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = save_score_rule(rule=ScoreRule(), values=self.values(serializer))

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        rule: Any = serializer.instance
        serializer.instance = save_score_rule(rule=rule, values=self.values(serializer))

    @extend_schema(summary="How many contacts “give” would look at", responses=GiveCountSerializer)
    @action(detail=True, url_path="give", url_name="give")
    def give_count(self, request: Request, pk: str) -> Response:
        return Response({"count": give_now_count(rule=self.get_object())})

    @extend_schema(
        summary="Give a rule's points to everyone who meets its conditions now and never got them",
        request=None,
        responses={200: GiveSerializer},
    )
    @give_count.mapping.post
    def give(self, request: Request, pk: str) -> Response:
        outcome = give_now(rule=self.get_object())
        queued = outcome.job is not None
        return Response({"selected": outcome.selected, "changed": outcome.changed, "queued": queued})


class ConversionRuleSerializer(RuleSerializer):
    trigger = serializers.CharField(max_length=50)

    class Meta:
        model = ConversionRule
        fields = [
            "id", "conversion", "trigger", "settings", "conditions", "is_active", "sentence", "created_at",
            "updated_at",
        ]  # fmt: skip


class ConversionRuleFilter(django_filters.FilterSet):
    conversion = django_filters.ModelChoiceFilter(
        queryset=Conversion.objects.all(),
        help_text="A conversion's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no conversion %(value)s.")},
    )

    class Meta:
        model = ConversionRule
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Rules that define conversions, newest first"),
    retrieve=extend_schema(summary="One rule"),
    create=extend_schema(
        summary="Say that an event is a conversion",
        description="“trigger” is the slug of a trigger type, with “settings” as it has them.",
    ),
    partial_update=extend_schema(summary="Change a rule"),
    destroy=extend_schema(summary="Delete a rule; what was recorded stays"),
)
class ConversionRuleViewSet(RuleViewSet):
    queryset = ConversionRule.objects.select_related("conversion")
    serializer_class = ConversionRuleSerializer
    filterset_class = ConversionRuleFilter
