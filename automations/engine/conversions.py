"""Conversions by rules: an event that a rule matches is a conversion of its contacts."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError

from automations.events import Event
from automations.models import Account, ConversionRule, Trigger
from contacts.models import Conversion
from contacts.services.conversions import check_currency, check_value, record_conversion

from .responders import Responder, register_responders


def _rules() -> Iterable[Responder]:
    account = Account.current()
    for rule in ConversionRule.objects.filter(is_active=True).select_related("conversion").order_by("pk"):
        trigger = rule.as_trigger()
        if trigger is not None and trigger.availability.allows(account.plan, account.addons):
            yield Responder(rule.token, trigger, _Record(rule, trigger))


class _Record:
    def __init__(self, rule: ConversionRule, trigger: Trigger) -> None:
        # The sentence costs queries: once for each index, not for each event.
        self.rule, self.trigger, self.detail = rule, trigger, rule.describe()

    def __call__(self, contacts: Sequence[int], event: Event) -> None:
        value, currency = self._worth(event)
        record_conversion(
            contacts=contacts, conversion=self.rule.conversion, value=value, currency=currency, detail=self.detail
        )

    def _worth(self, event: Event) -> tuple[Decimal | None, str]:
        """The event's own value and currency where the conversion asks for them and they make sense."""
        if self.rule.conversion.value_from != Conversion.ValueFrom.EVENT:
            return None, ""
        amount, currency = self.trigger.worth(event)
        try:
            return check_value(amount), check_currency(currency) if currency else ""
        except ValidationError:
            return None, ""


register_responders(_rules)
