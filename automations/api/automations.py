"""/automations/: drafts, versions, and whether they are at work."""

from collections.abc import Mapping, Sequence
from typing import Any

import django_filters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.models import Automation, EntryPolicy
from automations.names import remembered_names
from automations.reasons import Entry
from automations.selectors.overview import automations_with_figures, figures_of
from automations.selectors.why import why
from automations.services.publishing import Problem, waiting_at_removed
from contacts.api.base import ReadOnlyViewSet
from contacts.api.errors import Conflict
from contacts.api.filters import YesNoFilter, refuse_unknown
from contacts.api.labels import ContactsInputSerializer
from contacts.api.strict import IdField, StrictModelSerializer, StrictSerializer
from contacts.models import Contact, List
from contacts.selectors.references import lists_by_id


class AutomationSerializer(serializers.ModelSerializer):
    lists: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True, help_text="Ids.")
    state = serializers.CharField(source="state_label", help_text="In words.")
    version = serializers.IntegerField(
        source="version.number", allow_null=True, default=None, help_text="Number of the published version."
    )
    has_unpublished_changes = serializers.BooleanField()
    entered = serializers.IntegerField(help_text="Entries since it exists.")
    inside = serializers.IntegerField(help_text="Contacts in it now.")
    left = serializers.IntegerField(help_text="Passes that are over.")

    class Meta:
        model = Automation
        fields = [
            "id", "name", "description", "state", "is_active", "version", "has_unpublished_changes",
            "entry_policy", "lists", "exit_on_unsubscribe", "exit_conversion", "clock",
            "entered", "inside", "left",
            "activated_at", "deactivated_at", "breaker_at", "breaker_reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class BackfillCountSerializer(serializers.Serializer):
    count = serializers.IntegerField()


class BackfillSerializer(serializers.Serializer):
    selected = serializers.IntegerField()
    entered = serializers.IntegerField(help_text="Where it was done at once.")
    bulk_job = serializers.IntegerField(allow_null=True)


class AutomationInputSerializer(StrictModelSerializer):
    lists = serializers.ListField(child=IdField(), required=False, max_length=500, help_text="Ids.")

    class Meta:
        model = Automation
        fields = [
            "name",
            "description",
            "entry_policy",
            "lists",
            "exit_on_unsubscribe",
            "exit_conversion",
            "clock",
        ]


class PublishSerializer(StrictSerializer):
    removed = serializers.DictField(
        child=serializers.CharField(max_length=12),
        required=False,
        default=dict,
        help_text="What becomes of contacts who stand at a step that is gone: by its key, `end` or the key "
        "of the step where they go on.",
    )


class ActivatedSerializer(serializers.Serializer):
    late = serializers.IntegerField(
        help_text="Contacts whose work came due while it was inactive; it is done bit by bit."
    )
    held = serializers.IntegerField(
        help_text="Messages that were held while it was inactive; they go out bit by bit."
    )
    automation = AutomationSerializer()


class ProblemSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Of the trigger or step to mend; empty for the automation itself.")
    message = serializers.CharField()


class StateSerializer(serializers.Serializer):
    problems = ProblemSerializer(many=True, help_text="What keeps the draft from being published.")
    stranded = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="By key of a step that the draft lacks: contacts who stand there. `publish` asks about them.",
    )


class FiguresSerializer(serializers.Serializer):
    entered = serializers.IntegerField()
    left = serializers.IntegerField()
    inside = serializers.IntegerField()
    steps = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="By step key: inside (now), entered, left, failed, arm:… (path taken), sent, skipped.",
    )
    deliveries = serializers.DictField(child=serializers.IntegerField(), help_text="By status.")


class EntryResultSerializer(serializers.Serializer):
    contact = serializers.IntegerField()
    entered = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=Entry.choices)
    message = serializers.CharField()


class EntriesSerializer(serializers.Serializer):
    entered = serializers.IntegerField()
    results = EntryResultSerializer(many=True)


class ReasonSerializer(serializers.Serializer):
    code = serializers.ChoiceField(choices=Entry.choices)
    text = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    trigger = serializers.CharField(source="trigger_key", help_text="A trigger's key, or empty.")


class WhySerializer(serializers.Serializer):
    verdict = ReasonSerializer(help_text="The one to read first.")
    past = ReasonSerializer(many=True, help_text="What happened, newest first.")
    now = ReasonSerializer(many=True, help_text="What would happen to the next event, by trigger.")
    could_enter = serializers.BooleanField()


class EndedSerializer(serializers.Serializer):
    ended = serializers.IntegerField(help_text="Passes that were open.")


class AutomationFilter(django_filters.FilterSet):
    active = YesNoFilter(field_name="is_active")
    published = YesNoFilter(field_name="version", lookup_expr="isnull", exclude=True)
    entry_policy = django_filters.ChoiceFilter(choices=EntryPolicy.choices)
    list = django_filters.ModelChoiceFilter(
        field_name="lists",
        queryset=List.objects.all(),
        help_text="A list's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no list %(value)s.")},
    )
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=100, help_text="A part of the name."
    )

    class Meta:
        model = Automation
        fields: "Sequence[str]" = []


CHANGE = ["automations.change_automation"]


@extend_schema_view(
    list=extend_schema(summary="Automations, newest first"), retrieve=extend_schema(summary="One automation")
)
class AutomationViewSet(ReadOnlyViewSet):
    queryset = automations_with_figures().prefetch_related("lists")
    serializer_class = AutomationSerializer
    filterset_class = AutomationFilter
    action_permissions = {
        "publish": CHANGE,
        "activate": CHANGE,
        "deactivate": CHANGE,
        "backfill": ["automations.add_enrollment"],
        "undo": CHANGE,
        "redo": CHANGE,
        "contacts": ["automations.add_enrollment"],
        "end_contacts": ["automations.change_enrollment"],
        "why": ["automations.view_enrollment", "contacts.view_contact"],
    }

    @extend_schema(
        summary="Make an automation",
        description="It starts as an empty draft: add /triggers/ and /steps/, then publish and activate it.",
        request=AutomationInputSerializer,
        responses={201: AutomationSerializer},
    )
    def create(self, request: Request) -> Response:
        automation = services.save_automation(**_arguments(AutomationInputSerializer(data=request.data)))
        return Response(self._fresh(automation.pk), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change an automation's settings",
        description="These take effect at once; triggers and steps when they are published.",
        request=AutomationInputSerializer(partial=True),
        responses=AutomationSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        arguments = _arguments(AutomationInputSerializer(data=request.data, partial=True))
        services.save_automation(automation=self.get_object(), **arguments)
        return Response(self._fresh(int(pk)))

    @extend_schema(
        summary="Delete an inactive automation with its history; 409 while another uses it",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        automation = self.get_object()
        if automation.is_active:
            raise Conflict(_("“%s” is active; deactivate it before you delete it.") % automation, code="active")
        services.delete_automation(automation=automation)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="What keeps the draft from being published", responses=StateSerializer)
    @action(detail=True)
    def problems(self, request: Request, pk: str) -> Response:
        automation = self.get_object()
        found = [{"key": found.key, "message": found.message} for found in services.problems_of(automation)]
        return Response({"problems": found, "stranded": waiting_at_removed(automation)})

    @extend_schema(
        summary="Publish the draft as the next version, which runs from now on",
        description="A 400 lists every problem under the key of the trigger or step to mend (`__all__` for "
        "the automation itself).",
        request=PublishSerializer,
        responses=AutomationSerializer,
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        serializer = PublishSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            services.publish(automation=self.get_object(), removed=serializer.validated_data["removed"])
        except services.PublishError as error:
            raise ValidationError(_by_key(error.problems)) from None
        return Response(self._fresh(int(pk)))

    @extend_schema(
        summary="Start contacts with the published version", request=None, responses=ActivatedSerializer
    )
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        late = services.activate(automation=self.get_object())
        return Response({"late": late.contacts, "held": late.messages, "automation": self._fresh(int(pk))})

    @extend_schema(
        methods=["GET"], summary="How many contacts a backfill would look at", responses=BackfillCountSerializer
    )
    @extend_schema(
        methods=["POST"],
        summary="Also add everyone who meets its triggers now",
        description="At once for a few contacts; for many as a bulk job in the worker, whose id is returned.",
        request=None,
        responses=BackfillSerializer,
    )
    @action(detail=True, methods=["get", "post"])
    def backfill(self, request: Request, pk: str) -> Response:
        automation = self.get_object()
        if request.method == "GET":
            return Response({"count": services.backfill_count(automation=automation)})
        outcome = services.backfill(automation=automation)
        job = outcome.job.pk if outcome.job else None
        return Response({"selected": outcome.selected, "entered": outcome.changed, "bulk_job": job})

    @extend_schema(
        summary="Stop starting contacts; those inside stay where they are",
        request=None,
        responses=AutomationSerializer,
    )
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        services.deactivate(automation=self.get_object())
        return Response(self._fresh(int(pk)))

    @extend_schema(summary="Take the draft's last edit back", request=None, responses=AutomationSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        if not services.undo(automation=self.get_object()):
            raise Conflict(_("There is nothing to take back."), code="nothing_to_do")
        return Response(self._fresh(int(pk)))

    @extend_schema(summary="Do again what was taken back", request=None, responses=AutomationSerializer)
    @action(detail=True, methods=["post"])
    def redo(self, request: Request, pk: str) -> Response:
        if not services.redo(automation=self.get_object()):
            raise Conflict(_("There is nothing to do again."), code="nothing_to_do")
        return Response(self._fresh(int(pk)))

    @extend_schema(summary="How many came, stand and left, step by step", responses=FiguresSerializer)
    @action(detail=True)
    def figures(self, request: Request, pk: str) -> Response:
        return Response(figures_of(self.get_object()))

    @extend_schema(
        summary="Why a contact did, or did not, enter",
        description="What happened is known as long as entries and refusals are kept; what would happen "
        "now is asked of the published version.",
        parameters=[OpenApiParameter("contact", int, required=True, description="A contact's id.")],
        responses=WhySerializer,
        filters=False,
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def why(self, request: Request, pk: str) -> Response:
        refuse_unknown(given=request.query_params, known={"contact"})
        with remembered_names():
            answer = why(self.get_object(), _contact(request.query_params.get("contact", "")))
            return Response(WhySerializer(answer).data)

    @extend_schema(
        summary="Add up to 10,000 contacts by hand",
        description="Triggers and their run rules are not asked, the entry policy is. The answer says of "
        "each contact whether it entered, or why not.",
        request=ContactsInputSerializer,
        responses={200: EntriesSerializer},
    )
    @action(detail=True, methods=["post"])
    def contacts(self, request: Request, pk: str) -> Response:
        ids = _contacts(request.data)
        reasons = services.add_to_automation(automation=self.get_object(), contacts=ids)
        results = [
            {
                "contact": contact,
                "entered": reason == Entry.ENTERED,
                "reason": str(reason),
                "message": str(Entry(reason).label),
            }
            for contact, reason in reasons.items()
        ]
        return Response({"entered": sum(bool(row["entered"]) for row in results), "results": results})

    @extend_schema(
        summary="End the automation for up to 10,000 contacts",
        request=ContactsInputSerializer,
        responses={200: EndedSerializer},
    )
    @contacts.mapping.delete
    def end_contacts(self, request: Request, pk: str) -> Response:
        ids = _contacts(request.data)
        ended = services.end_enrollments(automation=self.get_object(), contacts=ids)
        return Response({"ended": len(ended)})

    def _fresh(self, pk: int) -> Any:
        return AutomationSerializer(self.get_queryset().get(pk=pk)).data


def _contact(raw: str) -> Contact:
    if not raw:
        raise ValidationError({"contact": [ErrorDetail(_("Give a contact's id."), code="required")]})
    pk = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else 0
    found = Contact.objects.filter(pk=pk).first()
    if found is None:
        text = _("There is no contact %s.") % raw[:30]
        raise ValidationError({"contact": [ErrorDetail(text, code="does_not_exist")]})
    return found


def _contacts(data: Any) -> list[int]:
    serializer = ContactsInputSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.contact_ids()


def _arguments(serializer: AutomationInputSerializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = dict(serializer.validated_data)
    ids = values.pop("lists", None)
    lists = None if ids is None else lists_by_id(ids, label="lists")
    return {"values": values, "lists": lists}


def _by_key(problems: Sequence[Problem]) -> Mapping[str, list[ErrorDetail]]:
    """The problems by card, as the one error shape has fields."""
    found: dict[str, list[ErrorDetail]] = {}
    for problem in problems:
        found.setdefault(problem.key or "__all__", []).append(ErrorDetail(problem.message, code="publish"))
    return found
