"""The shapes of deals and tasks in and out. What is valid is the services' business."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.api.custom import custom_values, prefetch_values
from contacts.api.labels import MAX_CONTACTS, ContactsInputSerializer
from contacts.api.strict import IdField, StrictModelSerializer, StrictSerializer
from contacts.services.scores import MAX_POINTS
from deals.models import (
    Deal,
    DealContact,
    DealNote,
    DealScore,
    DealStatus,
    Pipeline,
    Stage,
    Task,
    TaskOutcome,
    TaskType,
)

MAX_DEALS = 1_000


class StageSerializer(StrictModelSerializer):
    class Meta:
        model = Stage
        fields = ["id", "pipeline", "name", "position", "probability", "color", "created_at", "updated_at"]
        # The model's own checks name the field.
        validators: list[Any] = []


class StageOfPipelineSerializer(serializers.ModelSerializer):
    class Meta:
        model = Stage
        fields = ["id", "name", "position", "probability", "color"]
        read_only_fields = fields


class PipelineSerializer(StrictModelSerializer):
    stages = StageOfPipelineSerializer(many=True, read_only=True, help_text="Make and change them at /stages/.")

    class Meta:
        model = Pipeline
        fields = ["id", "name", "currency", "position", "stages", "created_at", "updated_at"]


def deal_queryset() -> QuerySet[Deal]:
    """Deals with what DealSerializer shows: four queries for any number of deals."""
    scores = Prefetch("scores", DealScore.objects.select_related("score"))
    return Deal.objects.prefetch_related("participants", scores, prefetch_values("deal"))


class ParticipantSerializer(serializers.Serializer):
    contact = serializers.IntegerField(source="contact_id")
    role = serializers.CharField()


class DealSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    value = serializers.DecimalField(max_digits=15, decimal_places=3, help_text="Exact, as a text.")
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=DealStatus.choices)
    pipeline = serializers.IntegerField(source="pipeline_id")
    stage = serializers.IntegerField(source="stage_id")
    owner = serializers.IntegerField(source="owner_id", allow_null=True, help_text="A user's id.")
    account = serializers.IntegerField(source="account_id", allow_null=True, help_text="An account's id.")
    expected_close = serializers.DateField(allow_null=True)
    contacts = ParticipantSerializer(
        source="participants", many=True, help_text="The primary contact first: it is who automations mean."
    )
    fields = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field called “fields”
        "custom", help_text="Custom values by key. Numbers are texts, exact; money is {amount, currency}."
    )
    scores = serializers.SerializerMethodField(help_text="Points by the score's key; 0 is left out.")
    stage_since = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def custom(self, deal: Deal) -> dict[str, Any]:
        return custom_values(deal)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_scores(self, deal: Deal) -> dict[str, int]:
        return {row.score.key: row.points for row in deal.scores.all() if row.points}


class PointsOfDealsSerializer(StrictSerializer):
    ids = serializers.ListField(child=IdField(), min_length=1, max_length=MAX_DEALS)
    score = IdField(help_text="The id of a score of deals.")
    op = serializers.ChoiceField(choices=["add", "set"], default="add", help_text="Add or set.")
    points = serializers.IntegerField(min_value=-MAX_POINTS, max_value=MAX_POINTS)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=250)


class DealValuesSerializer(StrictSerializer):
    """What can be set of one deal, or of many at once."""

    value = serializers.DecimalField(max_digits=15, decimal_places=3, min_value=0, required=False)
    currency = serializers.CharField(max_length=3, required=False, help_text="ISO 4217, such as EUR.")
    status = serializers.ChoiceField(choices=DealStatus.choices, required=False)
    stage = IdField(required=False, help_text="A stage's id; the pipeline follows.")
    owner = IdField(allow_null=True, required=False, help_text="A user's id, or null.")
    account = IdField(allow_null=True, required=False, help_text="An account's id, or null.")
    expected_close = serializers.DateField(allow_null=True, required=False)
    fields = serializers.DictField(  # type: ignore[assignment]  # a field called “fields”
        required=False, help_text="Custom values by key; null empties one. Those not named stay as they are."
    )

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the services."""
        given = dict(self.validated_data)
        return {"custom" if name == "fields" else name: value for name, value in given.items()}


class DealChangeSerializer(DealValuesSerializer):
    title = serializers.CharField(max_length=250, required=False)


class DealInputSerializer(DealValuesSerializer):
    title = serializers.CharField(max_length=250)
    pipeline = IdField(required=False, help_text="In place of a stage: its first one.")
    contacts = serializers.ListField(
        child=IdField(), required=False, max_length=MAX_CONTACTS, help_text="Ids of contacts."
    )
    primary = IdField(required=False, help_text="One of the contacts; else the first who took part.")


class DealBulkSerializer(DealValuesSerializer):
    ids = serializers.ListField(child=IdField(), min_length=1, max_length=MAX_DEALS)


class MoveSerializer(StrictSerializer):
    stage = IdField(required=False, help_text="A stage's id.")
    pipeline = IdField(required=False, help_text="In place of a stage: its first one.")
    seen = IdField(
        required=False, help_text="The stage it was in when you read it: 409 where somebody has moved it since."
    )


class DealContactSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="contact.email")

    class Meta:
        model = DealContact
        fields = ["contact", "email", "role", "is_primary"]
        read_only_fields = fields


class DealContactsInputSerializer(ContactsInputSerializer):
    role = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)


class DealContactChangeSerializer(StrictSerializer):
    contact = IdField(help_text="A contact of the deal.")
    role = serializers.CharField(required=False, allow_blank=True, max_length=100)
    is_primary = serializers.BooleanField(required=False, help_text="On: the primary contact, instead of another.")

    def validate_is_primary(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(_("Make another contact the primary one instead."))
        return value


class DealNoteSerializer(StrictModelSerializer):
    class Meta:
        model = DealNote
        fields = ["id", "deal", "text", "author", "created_at", "updated_at"]
        read_only_fields = fields


class TaskTypeSerializer(StrictModelSerializer):
    class Meta:
        model = TaskType
        fields = ["id", "name", "icon", "position", "created_at", "updated_at"]


class TaskOutcomeSerializer(StrictModelSerializer):
    class Meta:
        model = TaskOutcome
        fields = ["id", "type", "name", "position", "created_at", "updated_at"]
        validators: list[Any] = []


class TaskSerializer(StrictModelSerializer):
    class Meta:
        model = Task
        fields = [
            "id", "title", "note", "type", "due_at", "assignee", "contact", "deal", "remind_at", "done_at",
            "done_by", "outcome", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["done_at", "done_by", "outcome"]
        validators: list[Any] = []


class CompleteSerializer(StrictSerializer):
    outcome = IdField(required=False, allow_null=True, help_text="An outcome's id.")
