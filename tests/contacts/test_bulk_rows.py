"""What PostgreSQL knows of a table that has just grown: plans that were made before must not stay."""

import pytest
from django.db import connection

from contacts.models import Contact, ContactTag
from contacts.services import ContactDraft, save_contacts, tag_contacts
from tests.factories import TagFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def statement(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def looks_at_whole_table() -> int:
    statement("SELECT pg_stat_force_next_flush()")
    ((count,),) = statement("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'contacts_contact'")
    return count


def test_foreign_keys_are_checked_by_index_after_the_first_import():
    """Seen once: each of 100,000 rows read the whole of the table that its key refers to."""
    tag = TagFactory()
    first = save_contacts(drafts=[ContactDraft(email="first@example.com")]).created
    statement("ANALYZE contacts_contact")
    for _time in range(10):  # so often until this connection keeps the plan: one that reads the whole table
        tag_contacts(contacts=first, tag=tag)
        ContactTag.objects.all().delete()
    ids = save_contacts(drafts=[ContactDraft(email=f"p{n}@example.com") for n in range(2_000)]).created
    ((known,),) = statement("SELECT reltuples FROM pg_class WHERE relname = 'contacts_contact'")
    assert known == Contact.objects.count() == 2_001
    before = looks_at_whole_table()
    tag_contacts(contacts=ids, tag=tag)
    assert looks_at_whole_table() - before < 20
