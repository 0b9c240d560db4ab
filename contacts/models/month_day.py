"""The month and day of a date as one number (1231), for an index: what returns every year is found by it."""

from typing import Any

from django.db.models import Func, IntegerField


class MonthDay(Func):
    """Of a date."""

    arity = 1
    output_field = IntegerField()
    source = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        parts = f"EXTRACT(MONTH FROM {self.source}) * 100 + EXTRACT(DAY FROM {self.source})"
        return self._twice(compiler, connection, f"({parts})::integer", context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Dates are texts there, and moments are kept in UTC."""
        parts = "substr(%(expressions)s, 6, 2) || substr(%(expressions)s, 9, 2)"
        return self._twice(compiler, connection, f"CAST({parts} AS integer)", context)

    def _twice(self, compiler: Any, connection: Any, template: str, context: dict[str, Any]) -> Any:
        sql, params = super().as_sql(compiler, connection, template=template, **context)
        return sql, (*params, *params)


class UtcMonthDay(MonthDay):
    """Of a moment, in UTC."""

    source = "(%(expressions)s AT TIME ZONE 'UTC')"
