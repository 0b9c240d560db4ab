"""The search in contacts: what it finds, and (PostgreSQL) that it reads an index and not the table."""

import importlib

import pytest
from django.db import connection

from contacts.admin.contacts import ContactAdmin
from contacts.api.contact_filters import ContactFilter
from contacts.models import Contact
from contacts.services import ContactDraft, save_contacts

pytestmark = pytest.mark.django_db
migration = importlib.import_module("contacts.migrations.0009_contact_search")


def searched(text):
    return ContactFilter({"search": text}, queryset=Contact.objects.all()).qs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LOVELACE", True), ("ovela", True), ("ada@ex", True), ("ada lovelace", True), ("4412", True), ("é", True),
        ("ada_ex", False), ("%", False), ("lovelace bob", False), ("lovelac3", False),
    ],
)  # fmt: skip
def test_what_is_found(text, found):
    draft = {"first_name": "Zoé", "last_name": "Lovelace", "phone": "+4412345678"}
    save_contacts(
        drafts=[ContactDraft(email="ada@example.com", standard=draft), ContactDraft(email="bob@example.com")]
    )
    assert [contact.email for contact in searched(text)] == (["ada@example.com"] if found else [])


@pytest.fixture
def trigrams():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone() is None:
            pytest.skip("this PostgreSQL has no pg_trgm")


@pytest.fixture
def many(trigrams):
    save_contacts(drafts=[ContactDraft(email=f"p{n}@example.com") for n in range(20_000)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('contact_search')")  # as autovacuum does
        cursor.execute("ANALYZE contacts_contact")


def admin_search(text, request):
    from django.contrib import admin

    page = ContactAdmin(Contact, admin.site)
    return page.get_search_results(request, Contact.objects.all(), text)[0]


@pytest.mark.postgres
def test_an_index_is_read(many, rf):
    for rows in (searched("p19999"), admin_search("p19999", rf.get("/"))):
        plan = rows.order_by().explain()
        assert "contact_search" in plan and "Seq Scan" not in plan, plan
        assert rows.count() == 1


@pytest.mark.postgres
def test_without_the_right_to_create_the_extension_the_migration_does_nothing(many):
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE nobody_special")
        cursor.execute("GRANT SELECT ON contacts_contact TO nobody_special")
        cursor.execute("SET LOCAL ROLE nobody_special")
        with connection.schema_editor() as editor:
            migration.create(None, editor)
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'contact_search'")
        assert cursor.fetchone() == (0,)
    assert searched("p19999").count() == 1
