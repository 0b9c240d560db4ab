"""Nothing that an automation uses is deleted behind its back."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from contacts.signals import usage_requested


class InUse(ValidationError):
    """The record can't be deleted; the message names what uses it."""


def check_unused(*, record: models.Model) -> None:
    """Raise InUse, naming the users, if anything says that it uses `record`."""
    users = [
        user
        for _receiver, found in usage_requested.send(sender=type(record), record=record)
        for user in found or ()
    ]
    if users:
        raise InUse(
            _("“%(record)s” can't be deleted: it is used by %(users)s. Take it out there first."),
            code="in_use",
            params={"record": str(record), "users": ", ".join(sorted(set(users)))},
        )


@transaction.atomic
def delete_unused(*, record: models.Model) -> None:
    """Delete a tag, list, field or segment that nothing uses."""
    check_unused(record=record)
    record.delete()
