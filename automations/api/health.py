"""/health/: the checks of the health page."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.health.checks import ERROR, OK, WARNING, look, worst
from automations.health.schedules import schedule_states
from automations.models import WorkerBeat
from contacts.api.base import ApiView

STATES = [(state, state) for state in (OK, WARNING, ERROR)]


class CheckSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field's name here, an attribute of Field there
    state = serializers.ChoiceField(choices=STATES, source="finding.state")
    value = serializers.FloatField(source="finding.value", help_text="The figure behind it: seconds, or rows.")
    text = serializers.CharField(source="finding.text")


class ScheduleStateSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    last_run = serializers.DateTimeField(allow_null=True)
    next_run = serializers.DateTimeField(allow_null=True)
    lag_seconds = serializers.FloatField()
    error = serializers.CharField(help_text="What the last run ended with; empty where it went well.")


class HealthSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATES)
    checks = CheckSerializer(many=True)
    schedules = ScheduleStateSerializer(many=True)


class HealthView(ApiView):
    """Whoever may look at automations sees it."""

    queryset = WorkerBeat.objects.all()

    @extend_schema(summary="How the installation is doing", responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        results = look(now=now)
        body = {"state": worst(results), "checks": results, "schedules": schedule_states(now=now)}
        return Response(HealthSerializer(body).data)
