"""/scores/ are what points are counted in; /contact-scores/ are contacts' points."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, ContactScore, Score
from contacts.services import adjust_scores, set_scores
from contacts.services.scores import MAX_POINTS

from .base import ReadOnlyViewSet, RecordViewSet
from .labels import ChangedSerializer, ContactsInputSerializer, LabelFilter
from .strict import StrictModelSerializer


class ScoreSerializer(StrictModelSerializer):
    class Meta:
        model = Score
        fields = ["id", "name", "key", "description", "subject", "is_active", "created_at", "updated_at"]

    def validate_key(self, key: str) -> str:
        if self.instance is not None and key != self.instance.key:
            raise serializers.ValidationError(_("The key can't be changed."))
        return key

    def validate_subject(self, subject: str) -> str:
        if self.instance is not None and subject != self.instance.subject:
            raise serializers.ValidationError(_("It can't be changed later; make a new score."))
        return subject


class PointsSerializer(ContactsInputSerializer):
    op = serializers.ChoiceField(choices=["add", "set"], default="add", help_text="Add or set.")
    points = serializers.IntegerField(min_value=-MAX_POINTS, max_value=MAX_POINTS)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=250)


@extend_schema_view(
    list=extend_schema(summary="Scores, newest first"),
    retrieve=extend_schema(summary="One score"),
    create=extend_schema(summary="Make a score"),
    partial_update=extend_schema(summary="Change a score"),
    destroy=extend_schema(summary="Delete a score with all its points; 409 while something uses it"),
)
class ScoreViewSet(RecordViewSet):
    queryset = Score.objects.all()
    serializer_class = ScoreSerializer
    filterset_class = LabelFilter
    action_permissions = {"contacts": ["contacts.change_contact"]}

    @extend_schema(
        summary="Give points to, or set the points of, up to 10,000 contacts",
        description="Unknown contacts are an error that names them; then nothing is changed.",
        request=PointsSerializer,
        responses={200: ChangedSerializer},
    )
    @action(detail=True, methods=["post"])
    def contacts(self, request: Request, pk: str) -> Response:
        serializer = PointsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids, given = serializer.contact_ids(), serializer.validated_data
        if self.get_object().subject != Score.Subject.CONTACT:
            raise ValidationError({"id": ValidationError(_("This score counts points of deals."), code="subject")})
        change = adjust_scores if given["op"] == "add" else set_scores
        changed = change(contacts=ids, score=self.get_object(), points=given["points"], reason=given["reason"])
        return Response({"changed": len(changed), "unchanged": len(ids) - len(changed)})


class ContactScoreSerializer(serializers.ModelSerializer):
    class Meta:
        model = ContactScore
        fields = ["id", "contact", "score", "points"]
        read_only_fields = fields


class ContactScoreFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    score = django_filters.ModelChoiceFilter(
        queryset=Score.objects.all(),
        help_text="A score's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no score %(value)s.")},
    )
    above = django_filters.NumberFilter(field_name="points", lookup_expr="gt", help_text="More points than this.")
    below = django_filters.NumberFilter(field_name="points", lookup_expr="lt", help_text="Fewer points than this.")

    class Meta:
        model = ContactScore
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Contacts' points, newest first; who never got any has no row"),
    retrieve=extend_schema(summary="One contact's points in one score"),
)
class ContactScoreViewSet(ReadOnlyViewSet):
    queryset: Any = ContactScore.objects.all()
    serializer_class = ContactScoreSerializer
    filterset_class = ContactScoreFilter
