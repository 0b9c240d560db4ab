"""What the “+” offers: types from the registries, in groups, with the locked ones and their reason."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automations.availability import why_locked
from automations.models import Account
from automations.models.configured import Configured


@dataclass(frozen=True, slots=True)
class Choice:
    """A type, or one of its variants. `settings`: JSON of those that are made with the choice."""

    type: type[Configured]
    family: str
    label: Any
    summary: Any
    icon: str
    locked: str
    words: str
    #: An id for the page.
    key: str
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    family: str
    label: Any
    choices: list[Choice]


def grouped(types: Iterable[type[Configured]], families: Mapping[str, Any], account: Account) -> list[Group]:
    """The types by family, in the families' order; a family without types is left out."""
    by_family: dict[str, list[Choice]] = {}
    for cls in types:
        for choice in _choices(cls, account):
            by_family.setdefault(choice.family, []).append(choice)
    labels = {**families, **{family: family for family in by_family if family not in families}}
    return [Group(family, label, by_family[family]) for family, label in labels.items() if family in by_family]


def _choices(cls: type[Configured], account: Account) -> Iterator[Choice]:
    locked = why_locked(cls, account)
    variants = cls.variants()
    if locked or not variants:
        yield Choice(cls, cls.family, cls.label, cls.summary, cls.icon, locked, _words(cls), cls.slug)
        return
    for one in variants:
        words = f"{_words(cls)} {one.label} {one.summary}".casefold()
        key = "-".join([cls.slug, *map(str, one.settings.values())])
        summary = one.summary or cls.summary
        yield Choice(cls, one.family, one.label, summary, one.icon, "", words, key, json.dumps(one.settings))


def _words(cls: type[Configured]) -> str:
    return " ".join(str(word) for word in (cls.label, cls.summary, *cls.synonyms)).casefold()
