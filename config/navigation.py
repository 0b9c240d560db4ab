"""The admin's sidebar. A group shows only what its user may see; a group without any is left out."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# (title, [(label, Material symbol, URL name, permission)])
GROUPS: list[tuple[Any, list[tuple[Any, str, str, str]]]] = [
    (_("Automations"), [(_("Automations"), "bolt", "builder:list", "automations.view_automation")]),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation groups for the user of this request."""
    groups = []
    for title, entries in GROUPS:
        items = [
            {"title": label, "icon": icon, "link": reverse(page)}
            for label, icon, page, permission in entries
            if request.user.has_perm(permission)
        ]
        if items:
            groups.append({"title": title, "separator": True, "collapsible": False, "items": items})
    return groups
