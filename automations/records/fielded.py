"""What texts can read of records that have fields: standard ones by name, custom ones under `fields`."""

from collections.abc import Collection, Sequence
from typing import Any

from contacts.entities import entity_of
from contacts.selectors.fields import fields_of, values_of


def fielded_values(scope: str, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """{record id: {"id", standard fields, "owner": {...}, "fields": {...}}}; three queries for any number."""
    entity = entity_of(scope)
    users = {key: item.column.removesuffix("_id") for key, item in entity.standard.items() if item.of_users}
    records = entity.model._default_manager.select_related(*users.values()).in_bulk(list(ids))
    custom = values_of(list(records), scope=scope)
    return {
        pk: {
            "id": pk,
            **{key: getattr(record, item.column) for key, item in entity.standard.items() if key not in users},
            **{key: _user(getattr(record, name)) for key, name in users.items()},
            "created_at": getattr(record, "created_at", None),
            "fields": custom.get(pk, {}),
        }
        for pk, record in records.items()
    }


def fielded_names(scope: str) -> Sequence[str]:
    """What `fielded_values` has, for people."""
    standard = [f"{key}.name" if item.of_users else key for key, item in entity_of(scope).standard.items()]
    return [*standard, *(f"fields.{key}" for key in fields_of(scope))]


def _user(user: Any) -> dict[str, str]:
    return {"name": user.get_full_name() or user.get_username(), "email": user.email} if user else {}
