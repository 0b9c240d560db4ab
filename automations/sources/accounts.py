"""Accounts: changes of their fields, and contacts who come to them or leave."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.index import current_index
from automations.engine.match import raise_event
from automations.events import ACCOUNT_CONTACTS_CHANGED, ACCOUNT_FIELD_CHANGED, Event
from contacts.facts import AccountContactsChanged, AccountFieldChanged
from contacts.models import Account, AccountFieldChange
from contacts.selectors.accounts import contacts_of_accounts
from contacts.signals import facts_recorded

KEY = Account._meta.label_lower


@receiver(facts_recorded, sender=AccountFieldChanged)
def accounts_changed(batch: AccountFieldChanged, **kwargs: Any) -> None:
    """An event for each account; whose contacts are asked once for all, and only where somebody listens."""
    changes = {pk: change for pk, change in batch.changes.items() if change[0] != change[1]}
    if not changes or not current_index(fresh=len(changes) > 1).hears(_event(batch.field, 0, [], ("", ""))):
        return
    people = contacts_of_accounts(changes)
    for account, change in changes.items():
        raise_event(_event(batch.field, account, people.get(account, []), change))


def _event(field: str, account: int, contacts: list[int], change: tuple[str, str]) -> Event:
    return Event(
        ACCOUNT_FIELD_CHANGED,
        contacts,
        key=field,
        record=(KEY, account),
        primary=contacts[0] if contacts else None,
        change=change,
        data={"field": field, "old": change[0][:500], "new": change[1][:500]},
    )


@receiver(post_save, sender=AccountFieldChange)
def account_changed(instance: AccountFieldChange, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        changes = {instance.account_id: (instance.old, instance.new)}
        accounts_changed(AccountFieldChanged(instance.field, changes))


@receiver(facts_recorded, sender=AccountContactsChanged)
def people_changed(batch: AccountContactsChanged, **kwargs: Any) -> None:
    raise_event(Event(ACCOUNT_CONTACTS_CHANGED, batch.contact_ids, key=batch.account_id))
