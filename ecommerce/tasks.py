"""The functions that django-q2 names."""

from django.utils import timezone

from ecommerce.services import abandon_due_carts, delete_old_deliveries, take_in_deliveries

#: Longer than a process waits before it wakes a worker again.
LINGER = 1.5


def take_in() -> int:
    """Take in what stores delivered (woken by each, and every minute)."""
    return take_in_deliveries(linger=LINGER)


def abandon_carts() -> int:
    """Once a minute."""
    return abandon_due_carts(now=timezone.now())


def retain() -> int:
    """Once a day: delete deliveries that are older than the settings keep them."""
    return delete_old_deliveries(now=timezone.now())
