"""Automations themselves: what they are called, and the rules that hold for all their triggers."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from automations.engine.index import touch_index
from automations.models import Automation
from contacts.models import List
from contacts.origin import current_origin

RULES = ("name", "description", "entry_policy", "exit_on_unsubscribe", "clock")


@transaction.atomic
def create_automation(*, name: str, description: str = "") -> Automation:
    """A new, empty draft."""
    automation = Automation(
        name=name.strip(), description=description.strip(), created_by_id=current_origin().user_id
    )
    automation.full_clean()
    automation.save()
    return automation


@transaction.atomic
def update_automation(
    *, automation: Automation, lists: Iterable[List | int] | None = None, **rules: Any
) -> Automation:
    """Change name, description, entry_policy, exit_on_unsubscribe, clock or lists.

    They hold at once, for contacts inside too; nothing needs to be published.
    """
    unknown = sorted(set(rules) - set(RULES))
    if unknown:
        raise ValidationError({name: _("Unknown setting.") for name in unknown})
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    for name, value in rules.items():
        setattr(automation, name, value.strip() if isinstance(value, str) else value)
    automation.full_clean()
    automation.save()
    if lists is not None:
        automation.lists.set(lists)
    if automation.is_active:
        touch_index()
    return automation
