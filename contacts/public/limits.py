"""Floods. Counts in windows of a minute, so that a request costs one increment however high the limit."""

import time
from ipaddress import ip_address

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import SimpleRateThrottle

WINDOW = 60


class _Address(SimpleRateThrottle):
    rate = "1/min"


def sender_of(request: HttpRequest) -> str:
    """The sender's address, as the API's own limits see it."""
    return str(_Address().get_ident(request))  # type: ignore[arg-type]  # any request that has META


def login_address(request: HttpRequest) -> str | None:
    """The same for the table of log-ins, which takes addresses only; None where a socket or proxy gives none."""
    try:
        return str(ip_address(sender_of(request)))
    except ValueError:
        return None


def exceeded(what: str, limit: int) -> int:
    """0, or in how many seconds `what` may come again. Counts this one."""
    window, passed = divmod(int(time.time()), WINDOW)
    key = f"limit-{what}-{window}"
    cache.add(key, 0, WINDOW * 2)
    try:
        count = cache.incr(key)
    except ValueError:  # dropped by a full cache in between
        return 0
    return WINDOW - passed if count > limit else 0
