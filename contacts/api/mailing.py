"""/postmark-servers/ report of transactional e-mail, /email-replies/ are the answers to e-mails."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from contacts.models import EmailReply, PostmarkServer
from contacts.services.postmark import postmark_address, save_postmark_server

from .base import ReadOnlyViewSet, RecordViewSet
from .engagement import by_campaign, by_contact
from .filters import MomentFilter
from .strict import StrictModelSerializer


class PostmarkServerSerializer(StrictModelSerializer):
    token = serializers.CharField(
        write_only=True,
        required=False,
        max_length=200,
        help_text="Postmark's “Server API token”, for the subjects of e-mails that were opened. Never shown.",
    )
    new_key = serializers.BooleanField(
        write_only=True, required=False, help_text="Give it another address; the one of now stops working."
    )
    has_token = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField(
        help_text="What to enter at Postmark as the webhook's URL. Empty for who may not change the server."
    )

    class Meta:
        model = PostmarkServer
        fields = [
            "id", "name", "token", "new_key", "has_token", "address", "streams", "unknown_contacts", "last_at",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["streams", "unknown_contacts", "last_at"]
        extra_kwargs = {
            "streams": {"help_text": "Ids of the message streams seen so far."},
            "unknown_contacts": {"help_text": "Notices about addresses that are no contact's."},
        }

    def get_has_token(self, server: PostmarkServer) -> bool:
        return bool(server.token)

    def get_address(self, server: PostmarkServer) -> str:
        user = self.context["request"].user
        return postmark_address(server=server) if user.has_perm("contacts.change_postmarkserver") else ""


@extend_schema_view(
    list=extend_schema(summary="Postmark servers, newest first"),
    retrieve=extend_schema(summary="One Postmark server"),
    create=extend_schema(summary="Add a Postmark server"),
    partial_update=extend_schema(summary="Change a Postmark server, its token or its address"),
    destroy=extend_schema(summary="Delete a Postmark server; its e-mails stay"),
)
class PostmarkServerViewSet(RecordViewSet):
    queryset = PostmarkServer.objects.all()
    serializer_class = PostmarkServerSerializer

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = save_postmark_server(server=PostmarkServer(), **self.values(serializer))

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        server: Any = serializer.instance
        values = {"name": server.name, **self.values(serializer)}
        serializer.instance = save_postmark_server(server=server, **values)


class EmailReplySerializer(serializers.ModelSerializer):
    class Meta:
        model = EmailReply
        fields = ["id", "contact", "email", "sender", "subject", "text", "at", "forward_to", "forwarded_at"]
        read_only_fields = fields
        extra_kwargs = {"text": {"help_text": "The beginning of what was written."}}


class EmailReplyFilter(django_filters.FilterSet):
    contact = by_contact()
    campaign = by_campaign("email__campaign")
    email = django_filters.NumberFilter(field_name="email_id", help_text="The id of a sent e-mail.", max_digits=18)
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = EmailReply
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Answers to e-mails, newest first"),
    retrieve=extend_schema(summary="One answer"),
)
class EmailReplyViewSet(ReadOnlyViewSet):
    queryset = EmailReply.objects.all()
    serializer_class = EmailReplySerializer
    filterset_class = EmailReplyFilter
