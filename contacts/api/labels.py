"""/tags/ and /lists/, and putting many contacts on them."""

from typing import Any

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import List, Tag
from contacts.models.lists import SubscriptionStatus
from contacts.selectors.references import contacts_by_reference
from contacts.services import subscribe_contacts, tag_contacts, unsubscribe_contacts, untag_contacts
from contacts.values import fold_email

from .base import RecordViewSet
from .strict import IdField, StrictModelSerializer, StrictSerializer

MAX_CONTACTS = 10_000


class LabelFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="iexact", help_text="The whole name, in any case.")
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")


class TagSerializer(StrictModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name", "description", "created_at", "updated_at"]


class ListSerializer(StrictModelSerializer):
    class Meta:
        model = List
        fields = ["id", "name", "description", "is_public", "created_at", "updated_at"]


class ContactsInputSerializer(StrictSerializer):
    """Contacts by id, by address, or both; 10,000 at most."""

    ids = serializers.ListField(child=IdField(), required=False, default=list, max_length=MAX_CONTACTS)
    emails = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, default=list, max_length=MAX_CONTACTS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        count = len(attrs["ids"]) + len(attrs["emails"])
        if not 1 <= count <= MAX_CONTACTS:
            raise serializers.ValidationError(
                _("Name 1 to %(max)d contacts in “ids” and “emails”; these are %(count)d.")
                % {"max": MAX_CONTACTS, "count": count}
            )
        return attrs

    def contact_ids(self) -> list[int]:
        given = self.validated_data
        return contacts_by_reference(ids=given["ids"], emails=[fold_email(address) for address in given["emails"]])


class SubscribeManySerializer(ContactsInputSerializer):
    status = serializers.ChoiceField(
        choices=[SubscriptionStatus.ACTIVE.value, SubscriptionStatus.UNCONFIRMED.value],
        default=SubscriptionStatus.ACTIVE.value,
    )
    resubscribe = serializers.BooleanField(
        default=False, help_text="Also those who had left the list. Only if they asked for it."
    )


class UnsubscribeManySerializer(ContactsInputSerializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=250)


class ChangedSerializer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="Contacts that were changed.")
    unchanged = serializers.IntegerField(help_text="Contacts for whom it was so already.")


class SubscribedSerializer(ChangedSerializer):
    refused = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Ids of contacts who had left the list or bounced, and were left alone.",
    )


@extend_schema_view(
    list=extend_schema(summary="Tags, newest first"),
    retrieve=extend_schema(summary="One tag"),
    create=extend_schema(summary="Make a tag"),
    partial_update=extend_schema(summary="Change a tag"),
    destroy=extend_schema(summary="Delete a tag; 409 while something uses it"),
)
class TagViewSet(RecordViewSet):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    filterset_class = LabelFilter
    action_permissions = {
        "contacts": ["contacts.change_contact"],
        "remove_contacts": ["contacts.change_contact"],
    }

    @extend_schema(
        summary="Put a tag on up to 10,000 contacts",
        description="Unknown contacts are an error that names them; then nothing is changed.",
        request=ContactsInputSerializer,
        responses={200: ChangedSerializer},
    )
    @action(detail=True, methods=["post"])
    def contacts(self, request: Request, pk: str) -> Response:
        ids = _contacts(ContactsInputSerializer(data=request.data))
        return Response(_changed(ids, tag_contacts(contacts=ids, tag=self.get_object())))

    @extend_schema(
        summary="Take a tag off up to 10,000 contacts",
        request=ContactsInputSerializer,
        responses={200: ChangedSerializer},
    )
    @contacts.mapping.delete
    def remove_contacts(self, request: Request, pk: str) -> Response:
        ids = _contacts(ContactsInputSerializer(data=request.data))
        return Response(_changed(ids, untag_contacts(contacts=ids, tag=self.get_object())))


@extend_schema_view(
    list=extend_schema(summary="Lists, newest first"),
    retrieve=extend_schema(summary="One list"),
    create=extend_schema(summary="Make a list"),
    partial_update=extend_schema(summary="Change a list"),
    destroy=extend_schema(summary="Delete a list; 409 while something uses it"),
)
class ListViewSet(RecordViewSet):
    queryset = List.objects.all()
    serializer_class = ListSerializer
    filterset_class = LabelFilter
    action_permissions = {
        "contacts": ["contacts.change_contact"],
        "remove_contacts": ["contacts.change_contact"],
    }

    @extend_schema(
        summary="Subscribe up to 10,000 contacts",
        description="Those who had left the list are left alone and named in `refused`.",
        request=SubscribeManySerializer,
        responses={200: SubscribedSerializer},
    )
    @action(detail=True, methods=["post"])
    def contacts(self, request: Request, pk: str) -> Response:
        serializer = SubscribeManySerializer(data=request.data)
        ids = _contacts(serializer)
        given = serializer.validated_data
        answer = subscribe_contacts(
            contacts=ids, list=self.get_object(), status=given["status"], resubscribe=given["resubscribe"]
        )
        unchanged = len(ids) - len(answer.changed) - len(answer.refused)
        return Response(
            {"changed": len(answer.changed), "unchanged": unchanged, "refused": sorted(answer.refused)}
        )

    @extend_schema(
        summary="Unsubscribe up to 10,000 contacts",
        request=UnsubscribeManySerializer,
        responses={200: ChangedSerializer},
    )
    @contacts.mapping.delete
    def remove_contacts(self, request: Request, pk: str) -> Response:
        serializer = UnsubscribeManySerializer(data=request.data)
        ids = _contacts(serializer)
        reason = serializer.validated_data["reason"]
        return Response(_changed(ids, unsubscribe_contacts(contacts=ids, list=self.get_object(), reason=reason)))


def _contacts(serializer: ContactsInputSerializer) -> list[int]:
    serializer.is_valid(raise_exception=True)
    return serializer.contact_ids()


def _changed(ids: Any, changed: Any) -> dict[str, int]:
    return {"changed": len(changed), "unchanged": len(ids) - len(changed)}
