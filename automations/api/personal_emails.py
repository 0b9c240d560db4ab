"""/personal-emails/: writing to a contact, what came back, and in what mood."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations.models import Delivery
from automations.services.personal_emails import Writing, send_personal_email
from contacts.api.base import ReadOnlyViewSet
from contacts.api.strict import IdField, StrictSerializer
from contacts.models import Account, Contact
from deals.models import Deal, Mailbox, PersonalEmail
from deals.models.mail import Direction, SentFrom, Sentiment
from deals.services.attachments import unsent_attachments
from deals.services.sentiment import set_sentiment


class PersonalEmailSerializer(serializers.ModelSerializer):
    attachments: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True, help_text="Ids of files.")
    state = serializers.SerializerMethodField(
        help_text="Of one that is sent: that of its delivery; else “received”."
    )
    opened_at = serializers.DateTimeField(source="email.opened_at", read_only=True, default=None, allow_null=True)
    clicked_at = serializers.DateTimeField(
        source="email.clicked_at", read_only=True, default=None, allow_null=True
    )
    replied_at = serializers.DateTimeField(
        source="email.replied_at", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = PersonalEmail
        fields = [
            "id", "direction", "sent_from", "state", "contact", "deal", "account", "mailbox", "user", "sender",
            "recipient", "subject", "html", "text", "thread", "message_id", "in_reply_to", "automatic", "files",
            "attachments", "sentiment", "opened_at", "clicked_at", "replied_at", "delivery", "at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_state(self, email: PersonalEmail) -> str:
        states: dict[int, str] = self.context.get("states", {})
        return states.get(email.delivery or 0, "received" if email.direction == Direction.IN else "")


class PersonalEmailInputSerializer(StrictSerializer):
    contact = serializers.PrimaryKeyRelatedField(queryset=Contact.objects.all())
    deal = serializers.PrimaryKeyRelatedField(
        queryset=Deal.objects.all(), required=False, allow_null=True, help_text="The deal that it is about."
    )
    account = serializers.PrimaryKeyRelatedField(queryset=Account.objects.all(), required=False, allow_null=True)
    mailbox = serializers.PrimaryKeyRelatedField(
        queryset=Mailbox.objects.all(),
        required=False,
        allow_null=True,
        help_text="One of yours; without it the system sends, in your name.",
    )
    subject = serializers.CharField(max_length=250)
    body = serializers.CharField(max_length=100_000, help_text="Plain text or HTML, with personalisation.")
    attachments = serializers.ListField(
        child=IdField(), required=False, max_length=100, help_text="Ids of your uploads (`/attachments/`)."
    )
    answers = serializers.PrimaryKeyRelatedField(
        queryset=PersonalEmail.objects.all(), required=False, allow_null=True, help_text="The e-mail it answers."
    )
    track_opens = serializers.BooleanField(required=False, default=True)
    track_links = serializers.BooleanField(required=False, default=True)


class SentimentSerializer(StrictSerializer):
    sentiment = serializers.ChoiceField(choices=Sentiment.choices)


def _of(model: Any, label: str) -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        queryset=model.objects.all(),
        help_text=f"A {label}'s id.",
        error_messages={"invalid_choice": gettext_lazy("There is no record %(value)s.")},
    )


class PersonalEmailFilter(django_filters.FilterSet):
    contact, deal, account = _of(Contact, "contact"), _of(Deal, "deal"), _of(Account, "account")
    mailbox = _of(Mailbox, "mailbox")
    direction = django_filters.ChoiceFilter(choices=Direction.choices)
    sent_from = django_filters.MultipleChoiceFilter(choices=SentFrom.choices)
    sentiment = django_filters.MultipleChoiceFilter(choices=Sentiment.choices)
    thread = django_filters.CharFilter(max_length=250, help_text="All of one conversation.")

    class Meta:
        model = PersonalEmail
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Personal e-mails, sent and received, newest first"),
    retrieve=extend_schema(summary="One personal e-mail"),
)
class PersonalEmailViewSet(ReadOnlyViewSet):
    queryset = PersonalEmail.objects.select_related("email").prefetch_related("attachments")
    serializer_class = PersonalEmailSerializer
    filterset_class = PersonalEmailFilter
    action_permissions = {"sentiment": ["deals.change_personalemail"]}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page with the states of its deliveries, in one query."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(self._data(page))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._data([self.get_object()])[0])

    @extend_schema(
        summary="Write to a contact; it is sent at once",
        description="From the record of a deal or an account where one is named, else from the contact's.",
        request=PersonalEmailInputSerializer,
        responses={201: PersonalEmailSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = PersonalEmailInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        values["attachments"] = unsent_attachments(ids=values.get("attachments", []), user_id=request.user.pk)
        email = send_personal_email(writing=Writing(user=request.user, **values))
        return Response(self._data([email])[0], status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Correct the sentiment of an e-mail that a contact wrote about a deal",
        request=SentimentSerializer,
        responses=PersonalEmailSerializer,
    )
    @action(detail=True, methods=["post"])
    def sentiment(self, request: Request, pk: str) -> Response:
        serializer = SentimentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        email = self.get_object()
        set_sentiment(email=email, value=serializer.validated_data["sentiment"])
        return Response(self._data([email])[0])

    def _data(self, emails: Any) -> Any:
        ids = [email.delivery for email in emails if email.delivery]
        states = dict(Delivery.objects.filter(pk__in=ids).values_list("pk", "status"))
        return PersonalEmailSerializer(emails, many=True, context={"states": states}).data
