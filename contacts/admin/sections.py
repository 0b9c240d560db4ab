"""What other apps show on the page of a contact or an account: each registers sections of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from .panels import Verb


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page of a `model`'s record.

    `context` gives what `template` needs (it finds it as `section`), in a fixed number of queries; None:
    nothing to show. `verbs` do what a button of the section says, by its name.
    """

    model: type[Model]
    template: str
    context: Callable[[HttpRequest, Any], Mapping[str, Any] | None]
    verbs: Mapping[str, Verb] = field(default_factory=dict)


_sections: list[Section] = []


def register_section(section: Section) -> None:
    _sections.append(section)


def sections_of(request: HttpRequest, record: Model) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, what it shows) of each section that has something to show."""
    mine = [section for section in _sections if section.model is type(record)]
    found = [(section.template, section.context(request, record)) for section in mine]
    return [(template, shown) for template, shown in found if shown is not None]


def section_verbs(model: type[Model]) -> dict[str, Verb]:
    """What the buttons of all sections of a model do, by name."""
    return {name: verb for section in _sections if section.model is model for name, verb in section.verbs.items()}
