"""How long ago an order was placed, a cart was touched last, or a recurring payment began."""

from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy

from automations.records.ecommerce import CART, ORDER, PAYMENT

from .base import Moment, Settings
from .shop import ShopCondition, ask
from .since import SinceForm, ago, since


class Since(ShopCondition):
    question = "date"
    Form = SinceForm
    changes_with_time = True
    column: ClassVar[str]
    #: “was placed %s”
    sentence: ClassVar[Any]

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return since(cls.column, settings, moment)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return str(str(cls.sentence) % ago(settings))


ask(
    Since, [(ORDER, gettext_lazy("Order: date"))],
    column="placed_at", sentence=gettext_lazy("was placed %s"),
)  # fmt: skip
ask(
    Since, [(CART, gettext_lazy("Cart: last activity"))],
    column="active_at", sentence=gettext_lazy("was touched %s"),
)  # fmt: skip
ask(
    Since, [(PAYMENT, gettext_lazy("Recurring payment: start"))],
    column="started_at", sentence=gettext_lazy("began %s"),
)  # fmt: skip
