"""A contact's, an account's and a deal's page show their conversations."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from contacts.admin.sections import Section, register_section
from contacts.models import Account, Contact
from deals.models import Deal
from deals.selectors.mail import threads_of

SHOWN = 8
TEMPLATE = "admin/deals/conversations.html"


def conversations(request: HttpRequest, record: Contact | Account | Deal) -> Mapping[str, Any] | None:
    """A fixed number of queries."""
    if not request.user.has_perm("deals.view_personalemail"):
        return None
    threads = threads_of(record, SHOWN + 1)
    name = record._meta.model_name or ""
    all_url = reverse("admin:deals_personalemail_changelist")
    return {
        "threads": threads[:SHOWN],
        "more": len(threads) > SHOWN,
        "name": name,
        "all_url": f"{all_url}?{urlencode({f'{name}__id__exact': record.pk})}",
        "write_url": f"{reverse('personal:write')}?{urlencode({name: record.pk})}",
        "may_write": request.user.has_perm("deals.add_personalemail"),
    }


for model in (Contact, Account, Deal):
    register_section(Section(model, TEMPLATE, conversations))
