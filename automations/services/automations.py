"""Automations themselves: what they are called, and the rules that hold for all their triggers."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from automations.engine.index import touch_index
from automations.models import Automation
from contacts.models import List
from contacts.origin import current_origin
from contacts.services.usage import check_unused

RULES = ("name", "description", "entry_policy", "exit_on_unsubscribe", "clock")


@transaction.atomic
def create_automation(*, name: str, lists: Iterable[List | int] | None = None, **rules: Any) -> Automation:
    """A new, empty draft, with the same rules as `update_automation` takes."""
    automation = Automation(created_by_id=current_origin().user_id)
    _set(automation, {"name": name, **rules})
    if lists is not None:
        automation.lists.set(lists)
    return automation


@transaction.atomic
def update_automation(
    *, automation: Automation, lists: Iterable[List | int] | None = None, **rules: Any
) -> Automation:
    """Change name, description, entry_policy, exit_on_unsubscribe, clock or lists.

    They hold at once, for contacts inside too; nothing needs to be published.
    """
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    _set(automation, rules)
    if lists is not None:
        automation.lists.set(lists)
    if automation.is_active:
        touch_index()
    return automation


@transaction.atomic
def delete_automation(*, automation: Automation) -> None:
    """Delete an inactive automation with its history; InUse, naming them, where others start or end it."""
    locked = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    if locked.is_active:
        raise ValidationError(_("“%s” is active; deactivate it before you delete it.") % locked, code="active")
    check_unused(record=locked)
    # First, because a step may name its own automation, and such a reference is protected.
    locked.triggers.all().delete()
    locked.steps.all().delete()
    locked.delete()


def _set(automation: Automation, rules: Mapping[str, Any]) -> None:
    unknown = sorted(set(rules) - set(RULES))
    if unknown:
        raise ValidationError({name: _("Unknown setting.") for name in unknown})
    for name, value in rules.items():
        setattr(automation, name, value.strip() if isinstance(value, str) else value)
    automation.full_clean()
    automation.save()
