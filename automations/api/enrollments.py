"""/enrollments/: contacts in automations, one row a pass."""

from typing import Any

import django_filters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.models import Automation, Enrollment, StepLog
from automations.models.enrollment import EnrollmentStatus
from automations.reasons import Outcome
from contacts.api.base import ReadOnlyViewSet
from contacts.api.errors import Conflict
from contacts.models import Contact

# Of the log of one pass; a loop may have written more.
LOG_SHOWN = 500


class EnrollmentSerializer(serializers.ModelSerializer):
    step = serializers.CharField(source="step_key", help_text="The key of the step it stands at.")
    trigger = serializers.CharField(source="trigger_key", help_text="The key of the trigger; empty: by hand.")

    class Meta:
        model = Enrollment
        fields = [
            "id", "automation", "contact", "number", "status", "step", "due_at", "attempts", "error", "trigger",
            "entered_at", "ended_at", "exit_reason",
        ]  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "number": {"help_text": "1 for the contact's first pass, and so on."},
            "due_at": {"help_text": "When it goes on; null: when something happens, or never."},
        }


class LogEntrySerializer(serializers.ModelSerializer):
    step = serializers.CharField(source="step_key")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    message = serializers.CharField(source="get_outcome_display", help_text="The outcome in words.")

    class Meta:
        model = StepLog
        fields = ["step", "visit", "outcome", "message", "detail", "at"]
        read_only_fields = fields


class EnrollmentDetailSerializer(EnrollmentSerializer):
    event = serializers.DictField(help_text="What started it.")
    log = serializers.SerializerMethodField(help_text=f"What the steps did, oldest first; the last {LOG_SHOWN}.")

    class Meta(EnrollmentSerializer.Meta):
        fields = [*EnrollmentSerializer.Meta.fields, "event", "log"]
        read_only_fields = fields

    @extend_schema_field(LogEntrySerializer(many=True))
    def get_log(self, enrollment: Enrollment) -> list[dict[str, Any]]:
        last = list(enrollment.log.order_by("-pk")[:LOG_SHOWN])
        entries: Any = LogEntrySerializer(last[::-1], many=True).data
        return list(entries)


class EnrollmentFilter(django_filters.FilterSet):
    automation = django_filters.ModelChoiceFilter(
        queryset=Automation.objects.all(),
        help_text="An automation's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no automation %(value)s.")},
    )
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    status = django_filters.MultipleChoiceFilter(choices=EnrollmentStatus.choices)
    step = django_filters.CharFilter(field_name="step_key", max_length=12, help_text="A step's key.")

    class Meta:
        model = Enrollment
        fields: list[str] = []


CHANGE = ["automations.change_enrollment"]


@extend_schema_view(
    list=extend_schema(summary="Contacts in automations, newest first"),
    retrieve=extend_schema(summary="One contact's pass, with its log", responses=EnrollmentDetailSerializer),
)
class EnrollmentViewSet(ReadOnlyViewSet):
    queryset = Enrollment.objects.all()
    serializer_class = EnrollmentSerializer
    filterset_class = EnrollmentFilter
    action_permissions = dict.fromkeys(("skip_wait", "end", "retry", "skip"), CHANGE)

    def get_serializer_class(self) -> Any:
        return EnrollmentSerializer if self.action == "list" else EnrollmentDetailSerializer

    @extend_schema(
        summary="Go on behind the wait it stands in", request=None, responses=EnrollmentDetailSerializer
    )
    @action(detail=True, methods=["post"], url_path="skip-wait")
    def skip_wait(self, request: Request, pk: str) -> Response:
        return self._done(
            services.skip_wait(enrollment=self.get_object()), _("This contact does not wait at a step.")
        )

    @extend_schema(summary="End it by hand", request=None, responses=EnrollmentDetailSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        return self._done(services.end_passes(enrollments=[self.get_object()]), _("It is over already."))

    @extend_schema(
        summary="Try the step again at which it is parked", request=None, responses=EnrollmentDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        return self._done(services.resume_parked(enrollments=[self.get_object()]), _("It is not parked."))

    @extend_schema(
        summary="Go on behind the step at which it is parked", request=None, responses=EnrollmentDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        return self._done(
            services.resume_parked(enrollments=[self.get_object()], skip=True), _("It is not parked.")
        )

    def _done(self, done: object, refusal: str) -> Response:
        if not done:
            raise Conflict(refusal, code="state")
        return Response(EnrollmentDetailSerializer(self.get_object()).data)
