"""What the conditions on orders, carts and recurring payments share: one question for several kinds of record."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from automations.events import PURCHASES_RECORDED
from automations.records import RecordKind

from .records import RecordCondition, register_for_records

IS = [("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not"))]


class ShopCondition(RecordCondition):
    """Base of one question; `ask` makes a condition of it for each kind of record that can answer."""

    group = gettext_lazy("E-commerce")
    listens_to = (PURCHASES_RECORDED,)
    #: What the slugs end with: “total” in `order_total`.
    question: ClassVar[str]


def ask(base: type[ShopCondition], kinds: Sequence[tuple[RecordKind, Any]], **own: Any) -> None:
    """Register the question for kinds of record, each with the condition's label; `own` are class attributes."""
    for kind, label in kinds:
        values = {"kind": kind, "slug": f"{kind.name}_{base.question}", "label": label, **own}
        register_for_records(type(f"{kind.name.title()}{base.__name__}", (base,), values))


def is_field() -> forms.ChoiceField:
    return forms.ChoiceField(label="", choices=IS, initial="is")
