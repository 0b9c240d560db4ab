"""What the “+” offers: types from the registries, in groups, with the locked ones and their reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automations.availability import why_locked
from automations.models import Account
from automations.models.configured import Configured


@dataclass(frozen=True, slots=True)
class Choice:
    type: type[Configured]
    locked: str
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    family: str
    label: Any
    choices: list[Choice]


def grouped(types: Iterable[type[Configured]], families: Mapping[str, Any], account: Account) -> list[Group]:
    """The types by family, in the families' order; a family without types is left out."""
    by_family: dict[str, list[Choice]] = {}
    for cls in types:
        by_family.setdefault(cls.family, []).append(_choice(cls, account))
    labels = {**families, **{family: family for family in by_family if family not in families}}
    return [Group(family, label, by_family[family]) for family, label in labels.items() if family in by_family]


def _choice(cls: type[Configured], account: Account) -> Choice:
    words = " ".join(str(word) for word in (cls.label, cls.summary, *cls.synonyms))
    return Choice(cls, why_locked(cls, account), words.casefold())
