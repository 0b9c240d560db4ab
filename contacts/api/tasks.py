from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from contacts.services.idempotency import forget_keys


def forget_idempotency_keys() -> int:
    return forget_keys(before=timezone.now() - timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS))
