"""Records that started nobody: what an automation's log says of events without a contact."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from automations.models import Automation, EntryRefusal
from automations.records import kind_of


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    kind: str
    name: str
    reason: str
    at: datetime


def refused_records(automation: Automation, limit: int) -> list[RefusedRecord]:
    """The newest ones; a query, and one for each kind of record among them."""
    rows = EntryRefusal.objects.filter(automation=automation, contact=None, record__isnull=False)
    found = [(row.record or ("", 0), row) for row in rows.order_by("-pk")[:limit]]
    ids: dict[str, set[int]] = defaultdict(set)
    for (key, pk), _row in found:
        ids[key].add(pk)
    names = {key: _names(key, pks) for key, pks in ids.items()}
    return [
        RefusedRecord(_label(key), names[key].get(pk, f"#{pk}"), row.get_reason_display(), row.at)
        for (key, pk), row in found
    ]


def _names(key: str, ids: set[int]) -> dict[int, str]:
    kind = kind_of(key)
    return {record.pk: str(record) for record in kind.queryset().filter(pk__in=ids)} if kind else {}


def _label(key: str) -> str:
    kind = kind_of(key)
    return str(kind.label) if kind else key
