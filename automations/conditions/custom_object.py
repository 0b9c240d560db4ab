"""Records of custom objects: whether the contact has one of a type, and what a field of it holds."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import OBJECT_CREATED, OBJECT_LINKS_CHANGED, OBJECT_UPDATED
from automations.fields import FieldChoice, field_label, field_references, shown_value
from automations.names import name_of
from automations.records.custom_object import CUSTOM_OBJECT
from contacts.models import ObjectType
from contacts.quotes import quoted

from .base import Moment, Settings
from .field import NEGATED, OPS, TIMED, FieldForm
from .field_lookups import compile_field
from .records import RecordCondition, register_for_records


class ObjectFieldForm(FieldForm):
    refreshes = {"object_type": ("field", "value")}
    field_order = ["object_type", "field", "op", "value"]

    object_type = forms.ModelChoiceField(ObjectType.objects.all(), label=gettext_lazy("Custom object"))
    # Without a field, that there is a record is enough.
    field = FieldChoice(scope="object", label=gettext_lazy("Field"), required=False)
    op = forms.ChoiceField(label="", choices=list(OPS.items()), initial="not_empty", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].use(self.whose())  # type: ignore[attr-defined]  # a FieldChoice

    def whose(self) -> str:
        return f"object:{self.chosen('object_type') or 0}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("field"):
            data["op"], data["value"] = "", ""
        elif not data.get("op") and "op" not in self.errors:
            self.add_error("op", _("Choose how to compare."))
        return data


@register_for_records
class ObjectFieldCondition(RecordCondition):
    slug = "custom_object"
    label = gettext_lazy("Custom object")
    group = gettext_lazy("Custom objects")
    kind = CUSTOM_OBJECT
    Form = ObjectFieldForm
    listens_to = (OBJECT_CREATED, OBJECT_UPDATED, OBJECT_LINKS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        of_type = Q(type=settings["object_type"])
        if not settings.get("field"):
            return of_type
        op: str = settings["op"]
        value, scope = settings.get("value") or "", _scope(settings)
        found = compile_field(settings["field"], NEGATED.get(op, op), value, moment, scope)
        return of_type & (~found if op in NEGATED else found)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return settings.get("op") in TIMED

    @classmethod
    def describe(cls, settings: Settings) -> str:
        name = name_of(ObjectType, settings["object_type"])
        if not settings.get("field"):
            return _("is a “%s”") % name
        value = settings.get("value") or ""
        if value and settings["op"] not in TIMED:
            value = quoted(shown_value(settings["field"], value, _scope(settings)))
        text = _("is a “%(type)s” whose field “%(field)s” %(op)s %(value)s") % {
            "type": name,
            "field": field_label(settings["field"], _scope(settings)),
            "op": OPS[settings["op"]],
            "value": value,
        }
        return text.rstrip()

    @classmethod
    def references(cls, settings: Settings) -> set[tuple[str, int]]:
        named = {(ObjectType._meta.label_lower, int(settings["object_type"]))}
        return named | field_references(settings.get("field") or "", _scope(settings))


def _scope(settings: Settings) -> str:
    return f"object:{settings['object_type']}"
