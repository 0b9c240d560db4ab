"""A tree of conditions as the editor draws it: each condition with its own form."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from automations.forms import SettingsForm, form_data

from .base import CONTACT, conditions_of
from .tree import MAX_DEPTH


@dataclass(frozen=True, slots=True)
class ConditionItem:
    """`form` is None for a type that is no longer there; `raw` keeps what was saved of it."""

    slug: str
    label: Any
    prefix: str
    form: SettingsForm | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GroupItem:
    match: str
    depth: int
    items: "list[ConditionItem | GroupItem]"
    subject: str = CONTACT

    @property
    def may_nest(self) -> bool:
        return self.depth < MAX_DEPTH - 1

    @property
    def is_group(self) -> bool:
        return True

    @property
    def types(self) -> list[tuple[Any, list[tuple[str, Any]]]]:
        return grouped_types(self.subject)


def group_item(tree: Mapping[str, Any], path: tuple[int, ...] = (), subject: str = CONTACT) -> GroupItem:
    """The editor's items of a tree, however badly formed."""
    raw = tree.get("conditions", ())
    items: list[ConditionItem | GroupItem] = []
    for number, child in enumerate(raw if isinstance(raw, list) else (), start=1):
        if isinstance(child, Mapping):
            nested = "conditions" in child
            items.append(group_item(child, (*path, number), subject) if nested else condition_item(child, subject))
    return GroupItem("any" if tree.get("match") == "any" else "all", len(path), items, subject)


def condition_item(raw: Mapping[str, Any], subject: str = CONTACT) -> ConditionItem:
    """A condition with its form; the prefix keeps its fields apart from the form around it."""
    slug = str(raw.get("type", ""))
    condition = conditions_of(subject).get(slug)
    prefix = f"condition{secrets.token_hex(4)}"
    if condition is None:
        return ConditionItem(slug, slug, prefix, None, raw)
    settings = {name: value for name, value in raw.items() if name != "type"}
    form = condition.Form(_prefixed(settings, prefix) if settings else None, prefix=prefix)
    return ConditionItem(slug, condition.label, prefix, form, raw)


def _prefixed(settings: Mapping[str, Any], prefix: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in form_data(settings).lists():
        data.setlist(f"{prefix}-{name}", values)
    return data


def grouped_types(subject: str = CONTACT) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """[(group, [(type, label)])] for the menu that adds a condition."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for condition in conditions_of(subject):
        groups.setdefault(str(condition.group), []).append((condition.slug, condition.label))
    return list(groups.items())
