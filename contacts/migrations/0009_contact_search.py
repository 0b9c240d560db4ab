"""A trigram index for the search in contacts, where PostgreSQL has pg_trgm and lets us create it.

One index over the four columns: the search asks for each word in any of them, which becomes a union
of scans of this index. Without the extension (SQLite has none) the search reads the table.
"""

from django.db import migrations, transaction
from django.db.utils import DatabaseError

COLUMNS = ("email", "first_name", "last_name", "phone")
NAME = "contact_search"


def create(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:  # not installed on the server, or not ours to create
        return
    # As Django writes icontains; an index on anything else would not be used.
    columns = ", ".join(f'UPPER("{column}"::text) gin_trgm_ops' for column in COLUMNS)
    schema_editor.execute(f'CREATE INDEX IF NOT EXISTS {NAME} ON "contacts_contact" USING gin ({columns})')


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = [("contacts", "0008_tag_deleted_in_sql")]
    operations = [migrations.RunPython(create, drop)]
