"""What the pages of facts share."""

from typing import Any

from django.http import HttpRequest

from contacts.admin.base import ShownOnly
from ecommerce.connectors import STORES


class ReadOnly(ShownOnly):
    """To be looked at: stores write these, and people don't."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def kind_label(kind: str) -> Any:
    connector = STORES.get(kind)
    return connector.label if connector else kind
