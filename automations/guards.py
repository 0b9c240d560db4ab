"""What the database itself refuses, where Django has no constraint for it.

An exclusive trigger keeps an automation for itself, both ways round. The rule is about several rows, so it is
a database trigger. It is made after every migration: SQLite drops it whenever a migration rebuilds the table.
"""

from typing import Any

from django.db import connections

MESSAGE = "A trigger of a custom object keeps an automation for itself: no other can stand beside it."
TAKEN = """EXISTS (
    SELECT 1 FROM automations_trigger other WHERE other.automation_id = NEW.automation_id
    AND other.id <> NEW.id AND (other.stands_alone OR NEW.stands_alone)
)"""
SQLITE = f"""
CREATE TRIGGER automations_exclusive_{{event}} BEFORE {{event}} ON automations_trigger WHEN {TAKEN}
BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
"""
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION automations_exclusive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two who add at once go one after the other, and the second one sees the first.
    PERFORM 1 FROM automations_automation WHERE id = NEW.automation_id FOR UPDATE;
    IF {TAKEN} THEN
        RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS automations_exclusive ON automations_trigger;
CREATE TRIGGER automations_exclusive BEFORE INSERT OR UPDATE OF automation_id, stands_alone ON automations_trigger
FOR EACH ROW EXECUTE FUNCTION automations_exclusive();
"""


def make_guards(using: str = "default", **kwargs: Any) -> None:
    """Idempotent. Does nothing while the table, or its column, is not there yet (a migration on its way)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if "automations_trigger" not in connection.introspection.table_names(cursor):
            return
        columns = connection.introspection.get_table_description(cursor, "automations_trigger")
        if "stands_alone" not in {column.name for column in columns}:
            return
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return
        for event in ("INSERT", "UPDATE"):
            cursor.execute(f"DROP TRIGGER IF EXISTS automations_exclusive_{event}")
            # A new row has no id yet.
            cursor.execute(SQLITE.format(event=event).replace("NEW.id", "COALESCE(NEW.id, 0)"))
