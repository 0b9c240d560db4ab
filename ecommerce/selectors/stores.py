"""The store that a delivery is for, remembered for a moment: one delivery follows another."""

import time
from typing import Any

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from ecommerce.models import Store

MOST = 1_000
_known: dict[str, tuple[float, Store]] = {}


def store_of_address(public_id: str) -> Store | None:
    """The store as it was at most SITE_SETTINGS_TTL seconds ago; a change by this process is seen at once.

    Strangers' addresses are not remembered: there are too many of them.
    """
    now = time.monotonic()
    until, store = _known.get(public_id, (0.0, None))
    if store is not None and now < until:
        return store
    store = Store.objects.filter(public_id=public_id).first()
    if store is not None:
        if len(_known) >= MOST:
            _known.clear()
        _known[public_id] = (now + settings.SITE_SETTINGS_TTL, store)
    return store


@receiver(post_save, sender=Store)
@receiver(post_delete, sender=Store)
def _forget(instance: Store, **kwargs: Any) -> None:
    _known.pop(instance.public_id, None)
