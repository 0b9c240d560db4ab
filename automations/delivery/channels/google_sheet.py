"""Rows of Google's spreadsheets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from automations.delivery.outbox import CHANNELS, Parcel, Permanent, Temporary
from automations.models import Delivery, Spreadsheet
from automations.spreadsheets.google_client import SheetClient


@CHANNELS.register
class GoogleSheetChannel:
    """Not repeatable: Google appends a repeated row once more."""

    slug = "google_sheet"
    repeatable = False

    @property
    def rate(self) -> int:
        return int(settings.GOOGLE_SHEETS_RATE_PER_MINUTE)

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        yield _prepare


def _prepare(deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
    """A spreadsheet that took no row is not asked again in this batch: one that is closed holds no other up."""
    found = Spreadsheet.objects.in_bulk({delivery.payload["spreadsheet"] for delivery in deliveries})
    clients = {pk: SheetClient(spreadsheet) for pk, spreadsheet in found.items()}
    closed: set[int] = set()
    for delivery in deliveries:
        if delivery.payload["spreadsheet"] in closed:
            yield Parcel(delivery)
        else:
            yield Parcel(delivery, partial(_append, delivery, clients, closed))


def _append(delivery: Delivery, clients: dict[int, SheetClient], closed: set[int]) -> str:
    pk = delivery.payload["spreadsheet"]
    if pk not in clients:
        raise Permanent(_("The spreadsheet does not exist any more."))
    try:
        clients[pk].append(dict(delivery.payload["cells"]))
    except Temporary:
        closed.add(pk)
        raise
    return ""
