"""What the triggers on custom objects share: which object, and where the picker shows each."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import ENTERPRISE_ONLY, Availability
from automations.models import Trigger
from automations.models.configured import Variant
from automations.names import remembered
from contacts.models import ObjectType


def all_types() -> list[ObjectType]:
    return remembered("object types", lambda: list(ObjectType.objects.all()))


class TypeField(forms.ModelChoiceField):
    def __init__(self) -> None:
        super().__init__(ObjectType.objects.all(), label=gettext_lazy("Custom object"))


class ObjectTrigger(Trigger):
    """Exclusive and multi-contact, as the spec has it for both."""

    family = "objects"
    icon = "deployed_code"
    availability = Availability(plans=ENTERPRISE_ONLY)
    record = "custom_object"
    multi_contact = True
    exclusive = True
    #: “%s is created”, with the type's name.
    sentence: ClassVar[Any] = ""

    class Meta(Trigger.Meta):
        abstract = True
        constraints: ClassVar[list[Any]] = []

    @classmethod
    def variants(cls) -> list[Variant]:
        """One for each object: those made here under “Objects”, those of integrations under “Apps”."""
        return [
            Variant(
                family="apps" if type.origin == ObjectType.Origin.APP else "objects",
                label=str(cls.sentence) % type.label,
                summary=f"{type.app}: {type.description}".strip(": ") if type.app else type.description,
                icon=type.icon,
                settings={"object_type": type.pk},
            )
            for type in all_types()
        ]

    @classmethod
    def unavailable_reason(cls) -> str:
        return "" if all_types() else str(_("Define a custom object first, under “Manage data”."))
