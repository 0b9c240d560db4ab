"""/mailboxes/, /attachments/, /file-downloads/ and /sentiment-changes/."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import ReadOnlyViewSet, RecordViewSet
from contacts.api.strict import StrictModelSerializer, StrictSerializer
from contacts.models import Contact
from deals.models import Deal, FileDownload, MailAttachment, Mailbox, SentimentChange
from deals.services.attachments import store_attachment
from deals.services.mailboxes import delete_mailbox, save_mailbox, test_mailbox

STATE = ["polled_at", "next_poll_at", "failures", "error", "skipped", "skip_error"]
SETTINGS = [
    "name", "address", "sender_name", "signature", "is_active", "smtp_host", "smtp_port", "smtp_security",
    "smtp_user", "imap_host", "imap_port", "imap_security", "imap_user",
]  # fmt: skip


class MailboxSerializer(StrictModelSerializer):
    smtp_password = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=500, trim_whitespace=False,
        help_text="Never shown. Left out, the one there is stays.",
    )  # fmt: skip
    imap_password = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=500, trim_whitespace=False,
        help_text="Never shown. Left out, the one there is stays.",
    )  # fmt: skip
    user: Any = serializers.PrimaryKeyRelatedField(read_only=True, help_text="Whose it is: who made it.")

    class Meta:
        model = Mailbox
        fields = ["id", "user", *SETTINGS, "smtp_password", "imap_password", *STATE, "created_at", "updated_at"]
        read_only_fields = STATE
        validators: list[Any] = []  # the model's own check names the field


class NothingSerializer(StrictSerializer):
    pass


class MailboxFilter(django_filters.FilterSet):
    class Meta:
        model = Mailbox
        fields = ["is_active"]


@extend_schema_view(
    list=extend_schema(summary="Your mailboxes (who administers users: everybody's), newest first"),
    retrieve=extend_schema(summary="One mailbox, and how reading it goes"),
    create=extend_schema(summary="Connect a mailbox; both of its servers are logged in to first"),
    partial_update=extend_schema(summary="Change a mailbox; a new server asks for the password again"),
    destroy=extend_schema(summary="Remove a mailbox; 409 while an automation sends by it"),
)
class MailboxViewSet(RecordViewSet):
    queryset = Mailbox.objects.all()
    serializer_class = MailboxSerializer
    filterset_class = MailboxFilter
    action_permissions = {"test": ["deals.change_mailbox"]}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if self.request.user.has_perm("auth.change_user") else rows.filter(user=self.request.user.pk)

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        mailbox = Mailbox(user_id=self.request.user.pk or 0)
        serializer.instance = save_mailbox(mailbox=mailbox, values=self.values(serializer))

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        mailbox: Any = serializer.instance
        serializer.instance = save_mailbox(mailbox=mailbox, values=self.values(serializer))

    def perform_destroy(self, instance: Any) -> None:
        delete_mailbox(mailbox=instance)

    @extend_schema(
        summary="Log in to both servers now; 400 names the setting that is wrong",
        request=NothingSerializer,
        responses={204: None},
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        test_mailbox(mailbox=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class AttachmentSerializer(serializers.ModelSerializer):
    downloads = serializers.IntegerField(source="downloads.count", read_only=True)

    class Meta:
        model = MailAttachment
        fields = ["id", "name", "size", "email", "downloads", "created_at"]
        read_only_fields = fields


class FileUploadSerializer(StrictSerializer):
    file = serializers.FileField(max_length=200, allow_empty_file=True)


class AttachmentFilter(django_filters.FilterSet):
    sent = django_filters.BooleanFilter(
        field_name="email", lookup_expr="isnull", exclude=True, help_text="Whether it went out with an e-mail."
    )

    class Meta:
        model = MailAttachment
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Your files for personal e-mails, newest first"),
    retrieve=extend_schema(summary="One file"),
    destroy=extend_schema(summary="Delete a file; its links lead nowhere then"),
)
class AttachmentViewSet(mixins.DestroyModelMixin, ReadOnlyViewSet):
    queryset = MailAttachment.objects.all()
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilter
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(user=self.request.user.pk)

    def max_body(self, request: Request) -> int:
        from django.conf import settings

        return int(settings.MAIL_ATTACHMENT_MAX_BYTES) + 10_000

    @extend_schema(
        summary="Upload a file, to be named in `attachments` of a personal e-mail within a day",
        request={"multipart/form-data": FileUploadSerializer},
        responses={201: AttachmentSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = FileUploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        file = serializer.validated_data["file"]
        kept = store_attachment(file=file, name=file.name, user_id=request.user.pk)
        return Response(AttachmentSerializer(kept).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Any) -> None:
        if instance.email_id is not None and not self.request.user.has_perm("deals.delete_personalemail"):
            raise DjangoValidationError(_("The file was sent already."))
        instance.delete()


class DownloadSerializer(serializers.ModelSerializer):
    class Meta:
        model = FileDownload
        fields = ["id", "contact", "email", "attachment", "file_name", "at"]
        read_only_fields = fields


class DownloadFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(queryset=Contact.objects.all(), help_text="A contact's id.")
    file_name = django_filters.CharFilter(lookup_expr="iexact", help_text="The whole name, in any case.")

    class Meta:
        model = FileDownload
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Who fetched which file, and when; newest first"),
    retrieve=extend_schema(summary="One download"),
)
class FileDownloadViewSet(ReadOnlyViewSet):
    queryset = FileDownload.objects.all()
    serializer_class = DownloadSerializer
    filterset_class = DownloadFilter


class SentimentChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = SentimentChange
        fields = ["id", "deal", "email", "old", "new", "at"]
        read_only_fields = fields


class SentimentChangeFilter(django_filters.FilterSet):
    deal = django_filters.ModelChoiceFilter(queryset=Deal.objects.all(), help_text="A deal's id.")

    class Meta:
        model = SentimentChange
        fields = ["new"]


@extend_schema_view(
    list=extend_schema(summary="Changes of deals' sentiment, newest first"),
    retrieve=extend_schema(summary="One change of a deal's sentiment"),
)
class SentimentChangeViewSet(ReadOnlyViewSet):
    queryset = SentimentChange.objects.all()
    serializer_class = SentimentChangeSerializer
    filterset_class = SentimentChangeFilter
