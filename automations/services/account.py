"""The installation's own settings."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from automations.engine.index import touch_index
from automations.models import Account


@transaction.atomic
def update_account(*, values: Mapping[str, Any]) -> Account:
    """Set plan, add-ons or time zone; ValidationError by field.

    Triggers that the new plan lacks start nobody from now on; automations that use them stay as they are.
    """
    account = Account.current()
    for name, value in values.items():
        setattr(account, name, value)
    account.full_clean(validate_unique=False, validate_constraints=False)
    account.save()
    touch_index()
    return account
