"""Telling of facts that set-based SQL wrote."""

from contacts.signals import facts_recorded
from ecommerce.facts import Fact


def announce(fact: Fact) -> None:
    facts_recorded.send(sender=type(fact), batch=fact)
