"""What a condition is: a form, a sentence, and a piece of a query. One module per condition."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automations.events import EventKind
from automations.forms import SettingsForm, form_references
from automations.registry import Registry

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a condition may know besides the contact: the time, and the account's zone.

    record      ("app_label.model", id) of the record that the contact entered with, or is about to
    any_record  which one is not asked: a condition on it counts as met (for more than enough, never too few)
    trees       the saved segments' conditions by id, read at first use (`conditions/segment.py`)
    within      the saved segments being compiled, outermost first: none contains itself
    """

    now: datetime = field(default_factory=timezone.now)
    zone: str = "UTC"
    record: tuple[str, int] | None = None
    any_record: bool = False
    trees: dict[int, Mapping[str, Any]] = field(default_factory=dict, compare=False)
    within: tuple[int, ...] = ()


class Condition:
    """A question about a contact.

    `compile` gives a Q over Contact; membership is expressed as `pk__in=<subquery>`, which both
    databases turn into one indexed statement.

    A record or field that is gone has no contacts: nobody meets the condition on it, and everybody
    its negation. (Deletion of what is in use is refused, and publishing names it.)
    """

    slug: ClassVar[str]
    label: ClassVar[Any]
    group: ClassVar[Any] = _("Contact")
    Form: ClassVar[type[SettingsForm]]
    listens_to: ClassVar[tuple[EventKind, ...]] = ()
    changes_with_time: ClassVar[bool] = False

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        """The Q of contacts that meet it. `settings` passed the form."""
        raise NotImplementedError  # every type has its own; the registry's contract test calls each

    @classmethod
    def events(cls, settings: Settings) -> Collection[EventKind]:
        """The events after which the answer may be another one."""
        return cls.listens_to

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        """Whether the answer may change without any event."""
        return cls.changes_with_time

    @classmethod
    def needs_record(cls, settings: Settings) -> bool:
        """Whether the answer depends on the record that the contact entered with."""
        return False

    @classmethod
    def describe(cls, settings: Settings) -> str:
        """A part of a sentence in the user's language: “has the tag VIP”."""
        return str(cls.label)

    @classmethod
    def references(cls, settings: Settings) -> set[tuple[str, int]]:
        return form_references(cls.Form(), settings)

    @classmethod
    def clean(cls, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Validated, JSON-able settings; ValidationError by field name."""
        return cls.Form.validate({key: value for key, value in raw.items() if key != "type"})


CONDITIONS: Registry[Condition] = Registry("condition", required=("label", "Form"))
#: What a tree of conditions is about: contacts, or the records of a kind (`automations.records`).
CONTACT = "contact"
_BY_SUBJECT: dict[str, Registry[Condition]] = {CONTACT: CONDITIONS}


def conditions_of(subject: str) -> Registry[Condition]:
    """The conditions that a tree about `subject` is made of; none for a kind that has none."""
    if subject not in _BY_SUBJECT:
        _BY_SUBJECT[subject] = Registry(f"condition on {subject}", required=("label", "Form"))
    return _BY_SUBJECT[subject]
