"""Migrations run while the product does: no index of a table that may be large locks it."""

import pytest
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from contacts.roles import BUSINESS_APPS
from contacts.while_running import AddIndexWhileRunning

#: Of the time before the first release, when no table was large.
BEFORE = {
    ("automations", "0007_delivery_held"),
    ("automations", "0013_lanes"),
    ("contacts", "0004_address_of_old_links"),
    ("ecommerce", "0002_deliveries_wait"),
}


def _locking(migration: migrations.Migration) -> list[str]:
    """Indexes that it adds to tables that were there before it, and that lock them."""
    made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
    return [
        op.index.name
        for op in migration.operations
        if type(op) is migrations.AddIndex and op.model_name_lower not in made
    ]


def test_indexes_on_tables_that_are_there_are_built_while_running():
    found = {
        (app, name)
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in BUSINESS_APPS and _locking(migration)
    }
    assert found == BEFORE, "AddIndexWhileRunning, in a migration of its own"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_interrupted_one_is_built_again_and_a_complete_one_left_alone():
    loader = MigrationLoader(connection)
    before = loader.project_state(("contacts", "0035_personal_campaigns"))
    operation = loader.disk_migrations["contacts", "0045_month_days"].operations[0]
    assert isinstance(operation, AddIndexWhileRunning)
    after = before.clone()
    operation.state_forwards("contacts", after)

    def run(step: str = "forwards") -> None:
        with connection.schema_editor(atomic=False) as editor:
            pair = (before, after) if step == "forwards" else (after, before)
            getattr(operation, f"database_{step}")("contacts", editor, *pair)

    def state() -> tuple[int, bool] | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexrelid::integer, indisvalid FROM pg_index"
                " WHERE indexrelid = to_regclass('contact_created_day')"
            )
            return cursor.fetchone()

    there = state()
    run()
    assert there is not None and state() == there
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s", [there[0]])
    run()
    again = state()
    assert again is not None and again[0] != there[0] and again[1]
    run("backwards")
    assert state() is None
    run()
    assert state()[1]
