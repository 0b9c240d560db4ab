"""Users are switched off rather than deleted once the log of changes names them."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from .usage import InUse, check_unused


def check_deletable(*, user: User) -> None:
    """Raise InUse if an automation names `user`, or if the log would lose what they did (decision 0014)."""
    check_unused(record=user)
    if LogEntry.objects.filter(user=user).exists():
        raise InUse(
            _(
                "“%(user)s” can't be deleted: the log of changes says what they did, and would lose it. "
                "Switch “Active” off instead: then they can't log in, and their API token opens nothing."
            ),
            code="in_log",
            params={"user": user.get_username()},
        )
