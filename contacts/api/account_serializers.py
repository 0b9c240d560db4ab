"""The shapes of accounts in and out. Values are checked by contacts.services.parsing."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.models import Account, AccountContact

from .contact_serializers import MAX_BULK, RowsField
from .custom import custom_values, prefetch_values
from .labels import ContactsInputSerializer
from .strict import IdField, StrictSerializer


def account_queryset() -> QuerySet[Account]:
    """Accounts with what CrmAccountSerializer shows: two queries for any number of accounts."""
    return Account.objects.prefetch_related(prefetch_values("account"))


class CrmAccountSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    phone = serializers.CharField()
    address_1 = serializers.CharField()
    address_2 = serializers.CharField()
    postal_code = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField()
    industry = serializers.CharField()
    employees = serializers.IntegerField(allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True, help_text="A user's id.")
    description = serializers.CharField()
    fields = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field called “fields”
        "custom", help_text="Custom values by key. Numbers are texts, exact; money is {amount, currency}."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def custom(self, account: Account) -> dict[str, Any]:
        return custom_values(account)


def _text(length: int) -> serializers.CharField:
    return serializers.CharField(allow_blank=True, required=False, max_length=length)


class AccountInputSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, help_text="One account has it, in any case.")
    url = _text(500)
    phone = serializers.CharField(allow_blank=True, required=False)
    address_1 = _text(200)
    address_2 = _text(200)
    postal_code = _text(20)
    city = _text(100)
    region = _text(100)
    country = _text(100)
    industry = _text(100)
    employees = serializers.IntegerField(allow_null=True, required=False, min_value=0)
    owner = IdField(allow_null=True, required=False, help_text="A user's id, or null.")
    description = _text(5_000)
    fields = serializers.DictField(  # type: ignore[assignment]  # a field called “fields”
        required=False, help_text="Custom values by key; null empties one. Those not named stay as they are."
    )


@extend_schema_field(AccountInputSerializer(many=True))
class AccountRowsField(RowsField):
    pass


class AccountBulkSerializer(StrictSerializer):
    accounts = AccountRowsField(min_length=1, max_length=MAX_BULK)
    update_existing = serializers.BooleanField(
        default=True, help_text="Off: accounts that are known by their name are left alone."
    )


class AccountContactSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="contact.email")

    class Meta:
        model = AccountContact
        fields = ["contact", "email", "job_title", "is_primary", "created_at"]
        read_only_fields = fields


class AccountContactsInputSerializer(ContactsInputSerializer):
    job_title = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="Given to all of them; left out, titles stay."
    )


class AccountContactChangeSerializer(StrictSerializer):
    contact = IdField(help_text="A contact of the account.")
    job_title = serializers.CharField(required=False, allow_blank=True, max_length=100)
    is_primary = serializers.BooleanField(
        required=False, help_text="On: the primary contact, instead of another. Off: it no longer is."
    )
