"""Set-based SQL that Django's ORM has no form for: arrays in, one statement out.

PostgreSQL gets `unnest()` of typed arrays, SQLite gets `json_each()`; both cost one statement
and a fixed number of parameters for any number of rows. Callers that write facts through
here must raise the batch event themselves (see `contacts.signals.facts_recorded`).
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from functools import cache, partial
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL

CHUNK = 10_000
#: So many rows at once may make plans wrong that were made before.
MANY = 1_000
T = TypeVar("T")


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


FEW = 20


def id_set(ids: Collection[int]) -> RawSQL | list[int]:
    """The ids for `__in`: one parameter, however many there are; a few stand for themselves (a better plan)."""
    if len(ids) <= FEW:
        return list(ids)
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))])


def among(column: str, ids: Collection[int]) -> tuple[str, Any]:
    """`column` is one of `ids`, for hand-written SQL: (condition, its one parameter)."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", list(ids)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(ids))  # noqa: S608 a column's name


def one_or_all(values: Sequence[Any]) -> Any:
    """For `insert_rows`: the value where all are the same, which is written faster; else the list."""
    return values[0] if values and values.count(values[0]) == len(values) else list(values)


def insert_rows(
    model: type[models.Model],
    columns: Mapping[str, Any],
    *,
    size: int,
    ignore_conflicts: bool = False,
    update_on: tuple[Sequence[str], Sequence[str]] | None = None,
    adding: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert `size` rows in one statement; return the `returning` columns of the rows written.

    `columns` maps a field's attribute name to a list of `size` values, or to one value for
    every row. `update_on` is (conflict fields, fields to overwrite); to those of them in `adding` the
    new value is added. With `ignore_conflicts`,
    rows that were there already are not returned: the rest is what really changed.
    """
    if not size:
        return []
    fields = {name: _field(model, name) for name in columns}
    source, params = _source(fields, columns)
    names = ", ".join(_quote(f.column) for f in fields.values())
    sql = f"INSERT INTO {_quote(model._meta.db_table)} ({names}) {source}"
    sql += _on_conflict(model, ignore_conflicts, update_on, adding)
    if returning:
        sql += " RETURNING " + ", ".join(_quote(_field(model, name).column) for name in returning)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall() if returning else []
    if size >= MANY and connection.vendor == "postgresql":
        transaction.on_commit(partial(_tell_the_planner, model._meta.db_table, size), robust=True)
    return rows


def _tell_the_planner(table: str, size: int) -> None:
    """Let PostgreSQL look again at a table that has grown to twice its size or more by what was written.

    A plan is kept for each connection, those that check foreign keys too. One made while the table
    was small reads the whole table for every row, until autovacuum comes by: a shop's first import
    of 100,000 orders took minutes to commit. After the commit, since ANALYZE holds its lock until then.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples < %s FROM pg_class WHERE oid = to_regclass(%s)", [2 * size, _quote(table)]
        )
        if cursor.fetchone() == (True,):
            cursor.execute(f"ANALYZE {_quote(table)}")


def update_rows(model: type[models.Model], key: str, keys: Sequence[Any], columns: Mapping[str, Any]) -> int:
    """Update the rows whose unique field `key` is in `keys`, each with its own values, at once."""
    if not keys:
        return 0
    values = {key: list(keys), **columns}
    fields = {name: _field(model, name) for name in values}
    source, params = _source(fields, values)
    aliases = {name: f"v{n}" for n, name in enumerate(fields)}
    table = _quote(model._meta.db_table)
    assigned = ", ".join(f"{_quote(fields[n].column)} = v.{aliases[n]}" for n in columns)
    sql = (
        f"WITH v ({', '.join(aliases.values())}) AS ({source}) UPDATE {table} SET {assigned} "  # noqa: S608 names of columns
        f"FROM v WHERE {table}.{_quote(fields[key].column)} = v.{aliases[key]}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


@cache
def _fields(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    """Fields by attribute name (`contact_id`) and by field name (`contact`)."""
    concrete = model._meta.concrete_fields
    return {field.attname: field for field in concrete} | {field.name: field for field in concrete}


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    return _fields(model)[name]


def _quote(name: str | None) -> str:
    # The stubs allow None for the column of a field that is in no table; concrete fields have one.
    return str(connection.ops.quote_name(str(name)))


def _preparer(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """What turns a value of `field` into a parameter. Called for each value, so it does only what it must."""
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, cls=field.encoder)
    if isinstance(field, models.CharField | models.TextField):
        return str  # also of enumeration members and lazy translations
    if connection.vendor == "postgresql":
        return lambda value: value  # psycopg knows numbers, dates and booleans
    kept = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(kept, models.IntegerField | models.BooleanField):
        return lambda value: value  # as the json module does, and SQLite
    slow: Callable[[Any], Any] = lambda value: field.get_db_prep_save(value, connection)  # noqa: E731 one of two
    if isinstance(kept, models.DateTimeField) and connection.timezone is UTC:
        return lambda value: str(value.astimezone(UTC).replace(tzinfo=None)) if value.tzinfo else slow(value)
    if isinstance(kept, models.DecimalField):
        places = f".{kept.decimal_places}f"
        return lambda value: format(value, places) if isinstance(value, Decimal) else slow(value)
    return slow


def _prepare(field: "models.Field[Any, Any]", value: Any) -> Any:
    return None if value is None else _preparer(field)(value)


def _prepare_all(field: "models.Field[Any, Any]", values: Sequence[Any]) -> list[Any]:
    prepare = _preparer(field)
    return [None if value is None else prepare(value) for value in values]


def _source(fields: "Mapping[str, models.Field[Any, Any]]", columns: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """`SELECT ...` that yields one row for each position of the list columns."""
    lists = [name for name, value in columns.items() if isinstance(value, list)]
    arrays = [_prepare_all(fields[name], columns[name]) for name in lists]
    if connection.vendor == "postgresql":
        return _postgres_source(fields, columns, lists, arrays)
    return _sqlite_source(fields, columns, lists, arrays)


def _postgres_source(
    fields: "Mapping[str, models.Field[Any, Any]]",
    columns: Mapping[str, Any],
    lists: list[str],
    arrays: list[list[Any]],
) -> tuple[str, list[Any]]:
    selected, scalars = [], []
    for name, value in columns.items():
        if name in lists:
            selected.append(f"s.c{lists.index(name)}")
        else:
            selected.append(f"%s::{_cast(fields[name])}")
            scalars.append(_prepare(fields[name], value))
    unnest = ", ".join(f"%s::{_cast(fields[name])}[]" for name in lists)
    names = ", ".join(f"c{n}" for n in range(len(lists)))
    return f"SELECT {', '.join(selected)} FROM unnest({unnest}) AS s({names})", [*scalars, *arrays]  # noqa: S608 columns


def _sqlite_source(
    fields: "Mapping[str, models.Field[Any, Any]]",
    columns: Mapping[str, Any],
    lists: list[str],
    arrays: list[list[Any]],
) -> tuple[str, list[Any]]:
    selected, scalars = [], []
    alone = len(lists) == 1  # then a row is its value, and nothing has to be taken apart
    for name, value in columns.items():
        if name in lists:
            selected.append("s.value" if alone else f"json_extract(s.value, '$[{lists.index(name)}]')")
        else:
            selected.append("%s")
            scalars.append(_prepare(fields[name], value))
    rows = json.dumps(arrays[0] if alone else list(zip(*arrays, strict=True)), default=str)
    # "WHERE true" keeps SQLite from reading a following ON CONFLICT as a join constraint.
    return f"SELECT {', '.join(selected)} FROM json_each(%s) AS s WHERE true", [*scalars, rows]  # noqa: S608 columns


@cache
def _cast(field: "models.Field[Any, Any]") -> str:
    kind = field.rel_db_type(connection) if field.is_relation else field.cast_db_type(connection)
    return kind or "text"


def _on_conflict(
    model: type[models.Model],
    ignore: bool,
    update_on: tuple[Sequence[str], Sequence[str]] | None,
    adding: Sequence[str],
) -> str:
    if ignore:
        return " ON CONFLICT DO NOTHING"
    if not update_on:
        return ""
    target = ", ".join(_quote(_field(model, name).column) for name in update_on[0])
    table = _quote(model._meta.db_table)
    columns = {name: _quote(_field(model, name).column) for name in update_on[1]}
    assigned = (
        f"{column} = {table}.{column} + excluded.{column}" if name in adding else f"{column} = excluded.{column}"
        for name, column in columns.items()
    )
    return f" ON CONFLICT ({target}) DO UPDATE SET " + ", ".join(assigned)
