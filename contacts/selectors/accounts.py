"""Reads of accounts, and the accounts' and contacts' timeline entries about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.bulk import id_set
from contacts.models import Account, AccountContact, AccountContactChange, AccountNote, Contact
from contacts.origin import Source

from .timeline import Cursor, Entry, field_entries, register_provider, rows_before


def contacts_of_accounts(account_ids: Collection[int]) -> dict[int, list[int]]:
    """{account: its contacts}, the primary one first, in one query; accounts without contacts are left out.

    Without one that is marked, the primary contact is who has belonged to the account longest.
    """
    rows = AccountContact.objects.filter(account__in=id_set(account_ids)).order_by("-is_primary", "pk")
    found: dict[int, list[int]] = defaultdict(list)
    for account, contact in rows.values_list("account_id", "contact_id"):
        found[account].append(contact)
    return dict(found)


def _created(account: Account, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = Account.objects.filter(pk=account.pk)
    for row in rows_before(rows, "created", cursor, size, "created_at"):
        yield Entry(row.created_at, row.pk, "domain_add", _("The account was created."))


def _notes(account: Account, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(AccountNote.objects.filter(account=account), "notes", cursor, size, "created_at"):
        yield Entry(
            row.created_at, row.pk, "sticky_note_2", _("A note was written."),
            text=row.text, source=Source.ADMIN if row.author_id else "", user_id=row.author_id,
        )  # fmt: skip


def _contacts(account: Account, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = AccountContactChange.objects.filter(account=account).select_related("contact")
    for row in rows_before(rows, "contacts", cursor, size):
        title = _("“%s” came to the account.") if row.added else _("“%s” left the account.")
        yield Entry(
            row.at, row.pk, "person_add" if row.added else "person_remove", title % row.contact,
            source=row.source, user_id=row.user_id,
            url=reverse("admin:contacts_contact_change", args=[row.contact_id]),
        )  # fmt: skip


def _accounts(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = AccountContactChange.objects.filter(contact=contact).select_related("account")
    for row in rows_before(rows, "accounts", cursor, size):
        title = _("Came to the account “%s”.") if row.added else _("Left the account “%s”.")
        yield Entry(
            row.at, row.pk, "domain", title % row.account, source=row.source, user_id=row.user_id,
            url=reverse("admin:contacts_account_change", args=[row.account_id]),
        )  # fmt: skip


register_provider("accounts", _accounts)
register_provider("created", _created, Account)
register_provider("fields", field_entries, Account)
register_provider("notes", _notes, Account)
register_provider("contacts", _contacts, Account)
