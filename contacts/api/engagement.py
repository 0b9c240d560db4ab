"""/emails/ are those that were sent; /email-activity/ is what was done with them; /email-links/ their links."""

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from contacts.models import Campaign, CampaignLink, Contact, EmailActivity, SentEmail
from contacts.models.engagement import EmailAction, EmailKind

from .base import ReadOnlyViewSet
from .filters import MomentFilter

NO_CONTACT = {"invalid_choice": gettext_lazy("There is no contact %(value)s.")}
NO_CAMPAIGN = {"invalid_choice": gettext_lazy("There is no campaign %(value)s.")}


def by_contact() -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(), help_text="A contact's id.", error_messages=NO_CONTACT
    )


def by_campaign(field: str = "campaign") -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        field_name=field, queryset=Campaign.objects.all(), help_text="A campaign's id.", error_messages=NO_CAMPAIGN
    )


class SentEmailSerializer(serializers.ModelSerializer):
    class Meta:
        model = SentEmail
        fields = [
            "id", "kind", "campaign", "contact", "address", "subject", "message_id", "lists", "sent_at",
            "opened_at", "clicked_at", "replied_at", "bounced_at",
        ]  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {"lists": {"help_text": "Ids of the lists it was sent for."}}


class SentEmailFilter(django_filters.FilterSet):
    contact = by_contact()
    campaign = by_campaign()
    kind = django_filters.ChoiceFilter(choices=EmailKind.choices)
    sent_after = MomentFilter(field_name="sent_at", lookup_expr="gte")
    sent_before = MomentFilter(field_name="sent_at", lookup_expr="lt")

    class Meta:
        model = SentEmail
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="E-mails that were sent, newest first"),
    retrieve=extend_schema(summary="One e-mail"),
)
class SentEmailViewSet(ReadOnlyViewSet):
    queryset = SentEmail.objects.all()
    serializer_class = SentEmailSerializer
    filterset_class = SentEmailFilter


class EmailActivitySerializer(serializers.ModelSerializer):
    class Meta:
        model = EmailActivity
        fields = ["id", "contact", "email", "campaign", "action", "link", "detail", "machine", "source", "at"]
        read_only_fields = fields


class EmailActivityFilter(django_filters.FilterSet):
    contact = by_contact()
    campaign = by_campaign()
    email = django_filters.NumberFilter(field_name="email_id", help_text="The id of a sent e-mail.", max_digits=18)
    action = django_filters.ChoiceFilter(choices=EmailAction.choices)
    machine = django_filters.BooleanFilter()
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = EmailActivity
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="What was done with e-mails, newest first"),
    retrieve=extend_schema(summary="One thing that was done"),
)
class EmailActivityViewSet(ReadOnlyViewSet):
    queryset = EmailActivity.objects.all()
    serializer_class = EmailActivitySerializer
    filterset_class = EmailActivityFilter


class EmailLinkSerializer(serializers.ModelSerializer):
    class Meta:
        model = CampaignLink
        fields = ["id", "campaign", "url"]
        read_only_fields = fields


class EmailLinkFilter(django_filters.FilterSet):
    campaign = by_campaign()

    class Meta:
        model = CampaignLink
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Links of e-mails, as they are written there"),
    retrieve=extend_schema(summary="One link"),
)
class EmailLinkViewSet(ReadOnlyViewSet):
    queryset = CampaignLink.objects.all()
    serializer_class = EmailLinkSerializer
    filterset_class = EmailLinkFilter
