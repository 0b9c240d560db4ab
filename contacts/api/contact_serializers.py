"""The shapes of contacts in and out. Values are checked by contacts.services.parsing."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.models import Contact, ContactTag, Subscription
from contacts.models.lists import SubscriptionStatus

from .custom import custom_values, prefetch_values
from .strict import IdField, StrictSerializer

MAX_BULK = 1_000
MAX_NAMES = 50
# What becomes of a row of a bulk write.
ROW_STATUSES = [(status, status) for status in ("created", "updated", "unchanged", "error")]


def contact_queryset() -> QuerySet[Contact]:
    """Contacts with what ContactSerializer shows: four queries for any number of contacts."""
    return Contact.objects.prefetch_related(
        prefetch_values("contact"),
        Prefetch("contact_tags", ContactTag.objects.select_related("tag").order_by("tag__name")),
        Prefetch("subscriptions", Subscription.objects.select_related("list").order_by("list__name")),
    )


class TagOfContactSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="tag_id")
    name = serializers.CharField(source="tag.name")
    since = serializers.DateTimeField(source="created_at")


class ListOfContactSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="list_id")
    name = serializers.CharField(source="list.name")
    status = serializers.ChoiceField(choices=SubscriptionStatus.choices)
    status_since = serializers.DateTimeField(source="changed_at")


class ContactSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    phone = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id", allow_null=True, help_text="A user's id.")
    time_zone = serializers.CharField()
    language = serializers.CharField()
    fields = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field called “fields”
        "custom", help_text="Custom values by key. Numbers are texts, exact; money is {amount, currency}."
    )
    tags = TagOfContactSerializer(many=True, source="contact_tags")
    lists = ListOfContactSerializer(many=True, source="subscriptions")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def custom(self, contact: Contact) -> dict[str, Any]:
        return custom_values(contact)


class ContactInputSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)
    phone = serializers.CharField(allow_blank=True, required=False)
    first_name = serializers.CharField(allow_blank=True, required=False, max_length=100)
    last_name = serializers.CharField(allow_blank=True, required=False, max_length=100)
    owner = IdField(allow_null=True, required=False, help_text="A user's id, or null.")
    time_zone = serializers.CharField(allow_blank=True, required=False, help_text="A name such as Europe/Paris.")
    language = serializers.CharField(allow_blank=True, required=False, max_length=10)
    fields = serializers.DictField(  # type: ignore[assignment]  # a field called “fields”
        required=False, help_text="Custom values by key; null empties one. Those not named stay as they are."
    )


class ContactRowSerializer(ContactInputSerializer):
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, help_text="Names; made where missing."
    )
    lists = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="Ids.")


@extend_schema_field(ContactRowSerializer(many=True))
class RowsField(serializers.ListField):
    """Objects, taken as they are: a bad one must not fail the others."""

    child = serializers.DictField()


class BulkInputSerializer(StrictSerializer):
    contacts = RowsField(min_length=1, max_length=MAX_BULK)
    update_existing = serializers.BooleanField(
        default=True, help_text="Off: contacts that are known are left alone."
    )
    resubscribe = serializers.BooleanField(
        default=False, help_text="Also subscribe those who had left a list. Only if they asked for it."
    )


class BulkErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField()  # type: ignore[assignment]  # as in every error


class BulkRowResultSerializer(serializers.Serializer):
    index = serializers.IntegerField(help_text="Position in the request, from 0.")
    email = serializers.CharField()
    id = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=ROW_STATUSES)
    error = BulkErrorSerializer(allow_null=True)
    refused_lists = serializers.ListField(
        child=serializers.IntegerField(), help_text="Lists that the person had left: not subscribed again."
    )


class BulkResultSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field called “errors”
    results = BulkRowResultSerializer(many=True)


class NamesField(serializers.ListField):
    child = serializers.CharField(max_length=100)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, default=list, max_length=MAX_NAMES, **kwargs)


class IdsField(serializers.ListField):
    child = IdField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, default=list, max_length=MAX_NAMES, **kwargs)


class ContactTagsSerializer(StrictSerializer):
    add = NamesField(help_text="Names of tags to put on; made where missing.")
    remove = NamesField(help_text="Names of tags to take off.")


class ContactListsSerializer(StrictSerializer):
    subscribe = IdsField(help_text="Ids of lists.")
    unsubscribe = IdsField(help_text="Ids of lists.")
    resubscribe = serializers.BooleanField(
        default=False,
        help_text="Subscribe although the person had left or mail bounced. Only if they asked for it.",
    )
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=250, help_text="Why unsubscribed."
    )
