"""Accounts (companies), and who belongs to them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.facts import AccountContactsChanged
from contacts.models import Account, AccountContact, AccountContactChange, AccountNote, Contact
from contacts.origin import current_origin

from .changes import announce, current_facts
from .fielded import create_fielded, update_fielded
from .fielded_bulk import Keyed, KeyedResult, upsert_fielded
from .selection import Contacts, contact_ids
from .usage import check_unused


def create_account(*, name: str, custom: Mapping[str, Any] | None = None, **standard: Any) -> Account:
    """Create one account from raw values; ValidationError by field (also where the name is taken)."""
    values = {"name": name, **standard}
    return create_fielded(record=Account(), scope="account", standard=values, custom=custom)


def update_account(*, account: Account | int, custom: Mapping[str, Any] | None = None, **standard: Any) -> Account:
    """Change one account from raw values; ValidationError by field. What is not named stays as it is."""
    return update_fielded(record=account, scope="account", standard=standard, custom=custom)


@transaction.atomic
def delete_accounts(*, accounts: QuerySet[Account]) -> int:
    """Delete accounts nothing uses, with what belongs to them; their contacts stay."""
    records = list(accounts)
    for account in records:
        check_unused(record=account)
    Account.objects.filter(pk__in=id_set([account.pk for account in records])).delete()
    return len(records)


@transaction.atomic
def add_to_account(*, account: Account | int, contacts: Contacts, job_title: str | None = None) -> set[int]:
    """Let contacts belong to an account; the ids of those who did not. Set-based.

    A job title is given to all of them; None leaves the titles of those who are there.
    """
    account_id = account.pk if isinstance(account, Account) else account
    title = " ".join((job_title or "").split())
    _check_title(title)
    added: set[int] = set()
    for chunk in chunks(contact_ids(contacts)):
        rows = insert_rows(
            AccountContact,
            {
                "account_id": account_id,
                "contact_id": list(chunk),
                "job_title": title,
                "is_primary": False,
                "created_at": timezone.now(),
            },
            size=len(chunk),
            ignore_conflicts=True,
            returning=["contact_id"],
        )
        new = {row[0] for row in rows}
        if job_title is not None and len(new) < len(chunk):
            known = AccountContact.objects.filter(account=account_id, contact__in=id_set(chunk))
            known.exclude(job_title=title).update(job_title=title)
        _record(account_id, sorted(new), added=True)
        added |= new
    return added


@transaction.atomic
def remove_from_account(*, account: Account | int, contacts: Contacts) -> set[int]:
    """Let contacts no longer belong to an account; the ids of those who did."""
    account_id = account.pk if isinstance(account, Account) else account
    removed: set[int] = set()
    for chunk in chunks(contact_ids(contacts)):
        rows = AccountContact.objects.filter(account=account_id, contact__in=id_set(chunk))
        gone = sorted(rows.select_for_update().order_by("pk").values_list("contact_id", flat=True))
        AccountContact.objects.filter(account=account_id, contact__in=id_set(gone)).delete()
        _record(account_id, gone, added=False)
        removed |= set(gone)
    return removed


@transaction.atomic
def set_primary_contact(*, account: Account | int, contact: Contact | int | None) -> None:
    """Make one of the account's contacts the primary one, or none; ValidationError where it is not theirs."""
    account_id = account.pk if isinstance(account, Account) else account
    contact_id = contact.pk if isinstance(contact, Contact) else contact
    rows = AccountContact.objects.filter(account=account_id)
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    if contact_id is not None and not rows.filter(contact=contact_id).exists():
        raise ValidationError({"contact": _("This contact does not belong to the account.")})
    rows.filter(is_primary=True).exclude(contact=contact_id).update(is_primary=False)
    rows.filter(contact=contact_id, is_primary=False).update(is_primary=True)


@transaction.atomic
def change_account_contact(
    *, account: Account | int, contact: Contact | int, job_title: str | None = None, is_primary: bool | None = None
) -> AccountContact:
    """Change the title, or who is primary; None leaves it. ValidationError where the contact is not theirs."""
    row = AccountContact.objects.select_for_update().filter(account=account, contact=contact).first()
    if row is None:
        raise ValidationError({"contact": _("This contact does not belong to the account.")})
    if job_title is not None:
        title = " ".join(job_title.split())
        _check_title(title)
        AccountContact.objects.filter(pk=row.pk).update(job_title=title)
    if is_primary is not None and is_primary != row.is_primary:
        set_primary_contact(account=account, contact=contact if is_primary else None)
    return AccountContact.objects.select_related("contact").get(pk=row.pk)


def add_account_note(*, account: Account, text: str) -> AccountNote:
    """A note by whoever causes it; ValidationError where the text is empty or too long."""
    note = AccountNote(account=account, text=text.strip(), author_id=current_origin().user_id)
    note.full_clean()
    note.save()
    return note


def merge_account_contacts(*, keep: Contact, drop: Contact) -> None:
    """`drop`'s places become `keep`'s; where both belong to an account, one place with both's title and flag."""
    mine = {row.account_id: row for row in AccountContact.objects.filter(contact=keep)}
    for theirs in AccountContact.objects.filter(contact=drop).order_by("account_id"):
        place = mine.get(theirs.account_id)
        if place is None:
            AccountContact.objects.filter(pk=theirs.pk).update(contact=keep)
            continue
        AccountContact.objects.filter(pk=theirs.pk).delete()
        AccountContact.objects.filter(pk=place.pk).update(
            job_title=place.job_title or theirs.job_title, is_primary=place.is_primary or theirs.is_primary
        )
    AccountContactChange.objects.filter(contact=drop).update(contact=keep)


def _check_title(title: str) -> None:
    if len(title) > 100:
        raise ValidationError({"job_title": _("A job title has at most 100 characters.")})


def _record(account_id: int, ids: Sequence[int], *, added: bool) -> None:
    if not ids:
        return
    insert_rows(
        AccountContactChange,
        {
            "account_id": account_id,
            "contact_id": list(ids),
            "added": added,
            "at": timezone.now(),
            **current_facts(),
        },
        size=len(ids),
    )
    announce(AccountContactsChanged(account_id, added, ids))


def upsert_accounts(*, rows: Sequence[Mapping[str, Any]], update_existing: bool = True) -> list[KeyedResult]:
    """Create the accounts whose name is new, update the others; see `upsert_fielded`."""
    keyed = Keyed(scope="account", column="name", fold=str.casefold, known=_by_name)
    return upsert_fielded(keyed=keyed, rows=rows, update_existing=update_existing)


def _by_name(names: Collection[str]) -> dict[str, int]:
    wanted = [spelling for name in names for spelling in {name.lower(), name.casefold()}]
    rows = Account.objects.annotate(folded=Lower("name"))
    found: dict[str, int] = {}
    for chunk in chunks(wanted, 1_000):
        matching = rows.filter(folded__in=chunk) | rows.filter(name__in=chunk)
        found |= {name.casefold(): pk for name, pk in matching.values_list("name", "pk")}
    return found
