"""The functions that django-q2 names."""

from django.utils import timezone

from deals.services.reminders import send_due_reminders


def send_reminders() -> int:
    """Once a minute."""
    return send_due_reminders(now=timezone.now())
