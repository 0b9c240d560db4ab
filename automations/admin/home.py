"""The admin's start page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automations.campaigns.chart import draw
from automations.models import Account
from automations.selectors.home import overview

LINES = {"sent": _("Sent"), "open_first": _("Opened"), "click_first": _("Clicked")}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: of what is counted, what the user may see."""
    user, zone = request.user, Account.current().zone
    found = overview(timezone.now(), zone)
    sees_mail = user.has_perm("contacts.view_campaign")
    context |= {
        "title": _("Overview"),
        "zone": zone,
        "tiles": [
            (tile.label, tile.value, tile.note[0] % tile.note[1] if tile.note else "", reverse(tile.page))
            for tile in found["tiles"]
            if user.has_perm(tile.permission)
        ],
        "sees_mail": sees_mail,
        "chart": draw(found["points"], LINES) if sees_mail else None,
        "chart_rows": [(point.at, [point.counts.get(name, 0) for name in LINES]) for point in found["points"]],
        "chart_columns": list(LINES.values()),
        "sees_automations": user.has_perm("automations.view_automation"),
        "at_work": found["at_work"],
        "alerts": [alert for alert in found["alerts"] if user.has_perm(alert.permission)],
    }
    return context
