"""The record of a custom object as an entity. A scope names the type, too: “object:7”."""

from collections import Counter
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.entities import Changes, Entity, StandardField, register, standard_fields, text_parser
from contacts.facts import ObjectFieldChanged
from contacts.models import ObjectFieldChange, ObjectFieldValue, ObjectRecord, ObjectType


def _batch(scope: str, field: str, changes: Changes) -> ObjectFieldChanged:
    return ObjectFieldChanged(int(scope.partition(":")[2]), field, changes)


def _check_titles(values: Mapping[int, str]) -> None:
    rows = ObjectRecord.objects.filter(pk__in=list(values), type__unique_titles=True).order_by("type_id")
    for pk, type_id in rows.values_list("pk", "type_id"):
        check_title(type_id, values[pk], but=pk)
    counted = Counter(values[pk].casefold() for pk in rows.values_list("pk", flat=True) if values[pk])
    if twice := [title for title, count in counted.items() if count > 1]:
        raise ValidationError(_("Another record has the title “%s”.") % twice[0])


def check_title(type_id: int, title: str, but: int | None = None) -> None:
    """ValidationError where the type's titles are unique and another record has it. The type's row is the
    lock: two who give the same title go one after the other."""
    if not title:
        return
    ObjectType.objects.select_for_update().filter(pk=type_id).values_list("pk").first()
    others = ObjectRecord.objects.filter(type=type_id, title__iexact=title)
    if others.exclude(pk__in=[but] if but else []).exists():
        raise ValidationError(_("Another record has the title “%s”.") % title)


OBJECT = register(
    Entity(
        key="object",
        model=ObjectRecord,
        values=ObjectFieldValue,
        owner="record",
        facts=ObjectFieldChange,
        batch=_batch,
        standard=standard_fields(
            StandardField(
                "title",
                gettext_lazy("Title"),
                parser=text_parser(ObjectRecord, "title", lambda value: " ".join(value.split())),
                check=_check_titles,
            )
        ),
    )
)
