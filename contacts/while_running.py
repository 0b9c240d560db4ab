"""Migrations that don't stop the work: an index on a large table is built beside its reads and writes."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex


class AddIndexWhileRunning(AddIndexConcurrently):
    """`AddIndex` for a table that may be large. Its migration is `atomic = False` and does nothing else.

    On PostgreSQL the index is built CONCURRENTLY. That can't be in a transaction, so one that was
    interrupted leaves an index behind that is no use: it is dropped and built again, and one that
    is complete is left alone. Other databases know no such thing; there it is `AddIndex`.
    """

    def database_forwards(self, app_label: str, editor: BaseDatabaseSchemaEditor, before: Any, after: Any) -> None:
        if editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, editor, before, after)
            return
        complete = self._found(editor)
        if complete:
            return
        if complete is False:
            editor.execute(f"DROP INDEX CONCURRENTLY {editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, editor, before, after)

    def database_backwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: Any, after: Any
    ) -> None:
        on_postgresql = editor.connection.vendor == "postgresql"
        operation = AddIndexConcurrently if on_postgresql else AddIndex
        operation.database_backwards(self, app_label, editor, before, after)

    def _found(self, editor: BaseDatabaseSchemaEditor) -> bool | None:
        """Whether the index that is there is complete; None where there is none."""
        with editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
                [editor.quote_name(self.index.name)],
            )
            row = cursor.fetchone()
        return bool(row[0]) if row else None
