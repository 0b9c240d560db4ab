"""/sites/ are the domains that may report visits, /page-visits/ what contacts saw, /tracking/ the settings."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, PageVisit, TrackedDomain, TrackingSettings
from contacts.models.site import MAX_TITLE
from contacts.pages import MAX_URL
from contacts.selectors.references import contacts_by_reference
from contacts.services import clean_page, record_visits, save_record
from contacts.services.site import Visit
from contacts.values import fold_email

from .base import ApiView, ReadOnlyViewSet, RecordViewSet
from .labels import MAX_CONTACTS
from .strict import IdField, StrictModelSerializer, StrictSerializer


class SiteSerializer(StrictModelSerializer):
    class Meta:
        model = TrackedDomain
        fields = ["id", "domain", "subdomains", "created_at", "updated_at"]


@extend_schema_view(
    list=extend_schema(summary="Domains that may report visits, newest first"),
    retrieve=extend_schema(summary="One domain"),
    create=extend_schema(summary="Let a domain report visits"),
    partial_update=extend_schema(summary="Change a domain"),
    destroy=extend_schema(summary="Take visits of a domain no more; those recorded stay"),
)
class SiteViewSet(RecordViewSet):
    queryset = TrackedDomain.objects.all()
    serializer_class = SiteSerializer


class PageVisitSerializer(serializers.ModelSerializer):
    class Meta:
        model = PageVisit
        fields = ["id", "contact", "url", "title", "referrer", "source", "at"]
        read_only_fields = fields


class PageVisitInputSerializer(StrictSerializer):
    """Contacts by id, by address, or both; 10,000 at most."""

    url = serializers.CharField(max_length=MAX_URL, help_text="The whole address, with http:// or https://.")
    title = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_TITLE)
    referrer = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_URL)
    at = serializers.DateTimeField(required=False, help_text="In the past; now, when it is left out.")
    ids = serializers.ListField(child=IdField(), required=False, default=list, max_length=MAX_CONTACTS)
    emails = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, default=list, max_length=MAX_CONTACTS
    )

    def validate_at(self, value: Any) -> Any:
        if value > timezone.now():
            raise serializers.ValidationError(_("Give a time in the past."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not 1 <= len(attrs["ids"]) + len(attrs["emails"]) <= MAX_CONTACTS:
            raise serializers.ValidationError(_("Name 1 to %d contacts in “ids” and “emails”.") % MAX_CONTACTS)
        try:
            attrs["page"] = clean_page(url=attrs["url"], title=attrs["title"], referrer=attrs["referrer"])
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from None
        return attrs


class VisitsRecordedSerializer(serializers.Serializer):
    recorded = serializers.IntegerField(help_text="Contacts for whom the visit was recorded.")


class PageVisitFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    known = django_filters.BooleanFilter(
        field_name="contact", lookup_expr="isnull", exclude=True, help_text="Whether the contact is known."
    )

    class Meta:
        model = PageVisit
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Pages that were visited, newest first"),
    retrieve=extend_schema(summary="One visit"),
)
class PageVisitViewSet(ReadOnlyViewSet):
    queryset = PageVisit.objects.all()
    serializer_class = PageVisitSerializer
    filterset_class = PageVisitFilter

    @extend_schema(
        summary="Record that up to 10,000 contacts saw a page",
        description="For servers that know who visits. The page may be of any domain. Unknown contacts are an "
        "error that names them; then nothing is recorded. A visit with a time starts the automations that were "
        "active then.",
        request=PageVisitInputSerializer,
        responses={201: VisitsRecordedSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = PageVisitInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        ids = contacts_by_reference(ids=given["ids"], emails=[fold_email(address) for address in given["emails"]])
        recorded = record_visits(visits=[Visit(pk, given["page"], given.get("at")) for pk in ids])
        return Response({"recorded": recorded}, status=status.HTTP_201_CREATED)


class TrackingSerializer(StrictModelSerializer):
    class Meta:
        model = TrackingSettings
        fields = [
            "account_number",
            "allow_new_events",
            "create_contacts",
            "wait_for_consent",
            "identify_calls",
            "earlier_visits_days",
            "visit_days",
            "event_days",
        ]
        read_only_fields = ["account_number"]


class TrackingView(ApiView):
    """Managers change it; the key is shown in the admin alone."""

    queryset = TrackingSettings.objects.all()

    @extend_schema(summary="The settings of event and site tracking", responses=TrackingSerializer)
    def get(self, request: Request) -> Response:
        return Response(TrackingSerializer(TrackingSettings.current()).data)

    @extend_schema(
        summary="Change the settings of event and site tracking",
        request=TrackingSerializer(partial=True),
        responses=TrackingSerializer,
    )
    def patch(self, request: Request) -> Response:
        serializer = TrackingSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        saved = save_record(record=TrackingSettings.current(), values=serializer.validated_data)
        return Response(TrackingSerializer(saved).data)
