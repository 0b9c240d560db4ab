"""A field of a record of a custom object changes (spec: custom_object_updated)."""

from collections.abc import Hashable, Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import OBJECT_UPDATED
from automations.fields import FieldChoice
from automations.names import name_of
from contacts.models import ObjectType

from .base import TRIGGERS
from .custom_object import ObjectTrigger, TypeField
from .field_change import FieldChangeForm, FieldChangeTrigger


@TRIGGERS.register
class CustomObjectUpdatedTrigger(ObjectTrigger, FieldChangeTrigger):
    slug = "custom_object_updated"
    label = gettext_lazy("Custom object is updated")
    summary = gettext_lazy("A field of a record gets another value; all contacts that it is related to enter.")
    sentence = gettext_lazy("%s is updated")
    listens_to = OBJECT_UPDATED

    object_type = models.ForeignKey(
        ObjectType, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("custom object")
    )

    class Form(FieldChangeForm):
        refreshes = {"object_type": ("field", "old_value", "new_value")}
        field_order = ["object_type", "field", "old", "old_value", "new", "new_value"]

        object_type = TypeField()
        field = FieldChoice(scope="object", label=gettext_lazy("Field"))

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields["field"].use(self.whose())  # type: ignore[attr-defined]  # a FieldChoice

        def whose(self) -> str:
            return f"object:{self.chosen('object_type') or 0}"

    def whose(self) -> str:
        return f"object:{self.object_type_id or 0}"

    def index_keys(self) -> Iterable[Hashable]:
        return [f"{self.object_type_id}:{self.field}"]

    def references(self) -> set[tuple[str, int]]:
        named = {(ObjectType._meta.label_lower, self.object_type_id)} if self.object_type_id else set()
        return named | super().references()

    def describe(self) -> str:
        if not self.object_type_id:
            return str(_("A custom object is updated (not chosen yet)"))
        return f"{name_of(ObjectType, self.object_type_id)}: {super().describe()}"
