"""Conditions on records: asked of a trigger's own record, and, lifted, of contacts.

A type subclasses `RecordCondition`, compiles to a Q over its kind's model, and is registered with
`register_for_records`. From that there is also a condition on contacts of the same slug: of any of the
contact's records, or of the one that the contact entered the automation with.
"""

from collections.abc import Collection
from typing import Any, ClassVar

from django import forms
from django.db.models import Exists, Q
from django.utils.translation import gettext_lazy

from automations.events import EventKind
from automations.forms import SettingsForm, form_references
from automations.records import RecordKind

from .base import CONDITIONS, Condition, Moment, Settings, conditions_of

ANY, THIS = "any", "this"


class RecordCondition(Condition):
    """A question about a record: `compile` gives a Q over its model, `describe` goes on from “a deal that”."""

    kind: ClassVar[RecordKind]


class LiftedCondition(Condition):
    """The same question about a contact's records."""

    of: ClassVar[type[RecordCondition]]

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        kind = cls.of.kind
        if settings["which"] == THIS:
            return _triggering(cls.of, settings, moment)
        records = kind.queryset().filter(cls.of.compile(_own(settings), moment))
        return Q(pk__in=kind.contacts(records.order_by()))

    @classmethod
    def needs_record(cls, settings: Settings) -> bool:
        return bool(settings["which"] == THIS)

    @classmethod
    def events(cls, settings: Settings) -> Collection[EventKind]:
        return cls.of.events(_own(settings))

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return cls.of.timed(_own(settings))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        kind = cls.of.kind
        text = kind.triggering if settings["which"] == THIS else kind.that
        return str(text) % cls.of.describe(_own(settings))

    @classmethod
    def references(cls, settings: Settings) -> set[tuple[str, int]]:
        return cls.of.references(_own(settings)) | form_references(cls.Form(), settings)


def register_for_records(cls: type[RecordCondition]) -> type[RecordCondition]:
    """Class decorator: the condition on the kind's records, and the one on contacts made from it."""
    conditions_of(cls.kind.name).register(cls)
    CONDITIONS.register(_lifted(cls))
    return cls


def _lifted(cls: type[RecordCondition]) -> type[LiftedCondition]:
    kind = cls.kind
    which = forms.ChoiceField(
        label=gettext_lazy("Which"), choices=[(ANY, kind.any_of), (THIS, gettext_lazy("the one it entered with"))],
        initial=ANY, required=False,
    )  # fmt: skip
    form = type(f"Lifted{cls.Form.__name__}", (_WhichForm, cls.Form), {"which": which, "field_order": ["which"]})
    values: dict[str, Any] = {"of": cls, "slug": cls.slug, "label": cls.label, "group": cls.group, "Form": form}
    return type(f"Lifted{cls.__name__}", (LiftedCondition,), values)


class _WhichForm(SettingsForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["which"] = data.get("which") or ANY
        return data


def _own(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in ("which", "type")}


def _triggering(cls: type[RecordCondition], settings: Settings, moment: Moment) -> Q:
    """Of a contact that entered with no such record it is not true."""
    if moment.any_record:
        return Q()
    if moment.record is None or moment.record[0] != cls.kind.key:
        return Q(pk__in=[])
    found = cls.kind.queryset().filter(cls.compile(_own(settings), moment), pk=moment.record[1])
    return Q(Exists(found.order_by()))
