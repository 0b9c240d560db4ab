"""What triggers and steps share: settings that are a form, JSON and a model at once."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import classproperty
from django.utils.translation import gettext_lazy as _
from polymorphic.models import PolymorphicModel

from automations.availability import Availability
from automations.forms import SettingsForm, form_references


def new_key() -> str:
    """A stable key: survives editing, publishing, export and import."""
    return secrets.token_hex(5)


@dataclass(frozen=True, slots=True)
class Variant:
    """A ready-made choice of a type in the picker, with some of its settings made."""

    family: str
    label: Any
    summary: Any
    icon: str
    settings: Mapping[str, Any]


class Configured(PolymorphicModel):
    """A typed, configurable part of an automation.

    A subclass declares its settings as model fields and a nested `Form` with fields of the same
    names: the one validator that builder, admin and API use. `settings()` and `from_settings()`
    turn it into the JSON of a snapshot and back; what runs is made from snapshots and never
    touches these tables.
    """

    slug: ClassVar[str]
    label: ClassVar[Any]
    summary: ClassVar[Any] = ""
    family: ClassVar[str]
    icon: ClassVar[str] = "bolt"
    #: Other words by which the picker finds it.
    synonyms: ClassVar[tuple[Any, ...]] = ()
    availability: ClassVar[Availability] = Availability()
    Form: ClassVar[type[SettingsForm]]
    #: The label of a box in the builder's form in which the settings can be tried on an example, or "".
    probe_label: ClassVar[Any] = ""
    #: The settings are tried as they are, at the press of a button: `probe` gets no example.
    probe_alone: ClassVar[bool] = False

    key = models.CharField(_("key"), max_length=12, default=new_key, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.describe()

    @classproperty
    def setting_fields(cls) -> "list[models.Field[Any, Any]]":
        """The model fields that the type itself declares."""
        return [field for field in cls._meta.local_concrete_fields if not field.primary_key]

    @classmethod
    def unavailable_reason(cls) -> str:
        """What the type needs besides the plan and does not have, as a sentence; "" when it has it all."""
        return ""

    @classmethod
    def variants(cls) -> list[Variant]:
        """What the picker offers in place of the type itself; none for the type as it is."""
        return []

    def describe(self) -> str:
        """One plain sentence in the user's language, from the settings."""
        return str(self.label)

    def probe(self, text: str) -> tuple[bool, str]:
        """Whether the settings would take `text` as an example, and a sentence that says so."""
        return False, ""

    def settings(self) -> dict[str, Any]:
        """The settings as JSON: ids for records, ISO 8601 for dates, text for decimals."""
        return {field.name: _to_json(field, getattr(self, field.attname)) for field in self.setting_fields}

    def shown_settings(self) -> dict[str, Any]:
        """As `settings`, for people and exports: what nobody may read again is masked."""
        return self.Form.shown(self.settings())

    def apply(self, settings: Mapping[str, Any]) -> None:
        """Take over settings (JSON); those that the type does not know are left out."""
        for field in self.setting_fields:
            if field.name in settings:
                setattr(self, field.attname, _from_json(field, settings[field.name]))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], **base: Any) -> Self:
        """An instance in memory; settings that are missing get their defaults."""
        instance = cls(**base)
        instance.apply(settings)
        return instance

    def references(self) -> set[tuple[str, int]]:
        """("app_label.model", id) of the records the settings name; they can't be deleted meanwhile."""
        return form_references(self.Form(owner=self), self.settings())

    def locked(self, plan: str, addons: Sequence[str]) -> str:
        """Why a plan with these add-ons doesn't include it, set as it is; "" where it does."""
        return "" if self.availability.allows(plan, list(addons)) else self.availability.locked_reason(self.label)

    def problems(self) -> list[str]:
        """What keeps the settings from being published, as sentences; empty when they are complete."""
        form = self.Form
        try:
            form.validate(self.settings(), owner=self)
        except ValidationError as error:
            labels = {name: field.label or name for name, field in form.base_fields.items()}
            return [
                " ".join(messages) if name == "__all__" else f"{labels.get(name, name)}: {' '.join(messages)}"
                for name, messages in error.message_dict.items()
            ]
        return []


def _to_json(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _from_json(field: "models.Field[Any, Any]", value: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        return field.target_field.to_python(value)
    return field.to_python(value)
