"""The registry of triggers. A type adds a model, a form, `match` and `describe`; see `tag_added.py`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from automations.models import Trigger
from automations.registry import Registry

TRIGGERS: Registry[Trigger] = Registry("trigger", required=("label", "summary", "family", "listens_to", "Form"))

FAMILIES: dict[str, Any] = {
    "contacts": _("Contacts and lists"),
    "email": _("E-mail"),
    "site": _("Site and events"),
    "dates": _("Dates"),
    "ecommerce": _("E-commerce"),
    "deals": _("Deals"),
    "crm": _("Accounts and tasks"),
    "objects": _("Objects"),
    "apps": _("Apps"),
}
