"""The answer to a bulk write of records that are known by a key of their own."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from contacts.services.fielded_bulk import KeyedResult

from .contact_serializers import ROW_STATUSES, BulkErrorSerializer
from .errors import django_fields, invalid_body


class KeyedRowResultSerializer(serializers.Serializer):
    index = serializers.IntegerField(help_text="Position in the request, from 0.")
    key = serializers.CharField(help_text="What the record is known by.")
    id = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=ROW_STATUSES)
    error = BulkErrorSerializer(allow_null=True)


class KeyedBulkResultSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field called “errors”
    results = KeyedRowResultSerializer(many=True)


def bulk_answer(results: Sequence[KeyedResult]) -> dict[str, Any]:
    counts = Counter(result.status for result in results)
    return {
        "created": counts["created"],
        "updated": counts["updated"],
        "unchanged": counts["unchanged"],
        "errors": counts["error"],
        "results": [
            {
                "index": result.index,
                "key": result.key,
                "id": result.id,
                "status": result.status,
                "error": invalid_body(django_fields(result.error))["error"] if result.error else None,
            }
            for result in results
        ],
    }
