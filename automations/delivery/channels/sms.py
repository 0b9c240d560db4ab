"""Text messages, through the back end that the settings name."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from automations.delivery.outbox import CHANNELS, Parcel, Temporary
from automations.models import Delivery


@CHANNELS.register
class SmsChannel:
    """Not repeatable: gateways don't tell a repetition from a second message."""

    slug = "sms"
    repeatable = False

    @property
    def rate(self) -> int:
        return int(settings.SMS_RATE_PER_MINUTE)

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        yield partial(_prepare, _backend())


def _backend() -> Any:
    """An `automations.delivery.sms` back end; Temporary, for the whole channel, where it can't be used."""
    try:
        return import_string(settings.SMS_BACKEND)()
    except (ImportError, ValueError) as error:
        raise Temporary(_("The SMS back end can't be used: %s") % error, channel_down=True) from error


def _prepare(backend: Any, deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
    for delivery in deliveries:
        send = partial(
            backend.send, to=delivery.target, text=delivery.payload["text"], reference=f"delivery-{delivery.pk}"
        )
        yield Parcel(delivery, send)
