"""What other apps show on a contact's page: each registers a section of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Section:
    """`context` gives what `template` needs, in a fixed number of queries; None: nothing to show.

    `verbs` do what a button of the section says, by its name.
    """

    template: str
    context: Callable[[HttpRequest, Contact], Mapping[str, Any] | None]
    verbs: Mapping[str, Callable[[HttpRequest, Contact], None]]


SECTIONS: list[Section] = []


def register_section(section: Section) -> None:
    SECTIONS.append(section)


def sections_of(request: HttpRequest, contact: Contact) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, what it shows) of each section that has something to show."""
    found = [(section.template, section.context(request, contact)) for section in SECTIONS]
    return [(template, shown) for template, shown in found if shown is not None]


def section_verb(name: str) -> Callable[[HttpRequest, Contact], None] | None:
    return next((section.verbs[name] for section in SECTIONS if name in section.verbs), None)
