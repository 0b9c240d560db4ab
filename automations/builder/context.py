"""What the top bar says about an automation."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import Automation, Revision
from automations.services.activation import late_work

from .canvas import Canvas


def state_of(automation: Automation) -> tuple[str, str]:
    """(tone, words): what the badge shows. Tones: draft, on, changed, off, stopped."""
    if automation.version is None:
        return "draft", _("Draft")
    number = automation.version.number
    if automation.is_active and automation.has_unpublished_changes:
        return "changed", _("Active v%s, unpublished changes") % number
    if automation.is_active:
        return "on", _("Active v%s") % number
    if automation.breaker_at:
        return "stopped", _("Stopped by the circuit breaker")
    if automation.has_unpublished_changes:
        return "off", _("Inactive v%s, unpublished changes") % number
    return "off", _("Inactive v%s") % number


def bar_context(automation: Automation, canvas: Canvas) -> dict[str, Any]:
    tone, words = state_of(automation)
    around = dict(
        Revision.objects.filter(
            automation=automation, number__in=[automation.revision, automation.revision + 1]
        ).values_list("number", "label")
    )
    dormant = automation.version is not None and not automation.is_active
    return {
        "tone": tone,
        "state": words,
        "undo_label": around.get(automation.revision, "") if automation.revision else "",
        "redo_label": around.get(automation.revision + 1, ""),
        "late": sum(late_work(automation, timezone.now())) if dormant else 0,
        "problem_count": canvas.problem_count,
    }
