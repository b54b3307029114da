"""Two tables compared row by row, in SQL: rows added, removed and changed, and in which columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

# Sums of doubles differ in their last digits from one build to the next.
_DIGITS = 9


@dataclass(frozen=True)
class TableDiff:
    """What one table has now against before.

    Attributes:
        before: rows before; None where there was no such table.
        after: rows now; None where there is none any more.
        added: rows whose key was not there before (without a key: rows).
        removed: rows whose key is there no more (without a key: rows).
        changed: rows of the same key with another value; 0 without a key.
        columns: how many of those differ in each column, most first.
        columns_added: columns that only the table of now has.
        columns_removed: columns that only the table of before had.
        key: the columns that rows were matched by; empty where whole rows were.
    """

    before: int | None
    after: int | None
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is different."""
        return bool(
            self.added or self.removed or self.changed or self.columns_added or self.columns_removed
            or self.before is None or self.after is None
        )  # fmt: skip


def compare_tables(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, key: Sequence[str], ignored: Sequence[str] = ()
) -> TableDiff:
    """Compare two tables.

    Args:
        connection: both tables can be read over it.
        before: name of the earlier table, quoted as SQL wants it.
        after: name of the later one.
        key: columns that name a row; empty to compare whole rows as a multiset.
        ignored: columns that name a run and say nothing about the data.
    """
    left, right = columns_of(connection, before), columns_of(connection, after)
    rows = {name: _count(connection, name) if found else None for name, found in ((before, left), (after, right))}
    if not left or not right:
        return TableDiff(rows[before], rows[after], added=rows[after] or 0, removed=rows[before] or 0)
    compared = [name for name in right if name in left and name not in ignored and name not in key]
    new, gone = [name for name in right if name not in left], [name for name in left if name not in right]
    if not key or not set(key) <= left.keys() & right.keys():
        added, removed = _whole_rows(connection, before, after, {name: right[name] for name in compared})
        return TableDiff(rows[before], rows[after], added, removed, columns_added=new, columns_removed=gone)
    same = " and ".join(f'b."{name}" is not distinct from a."{name}"' for name in key)
    differs = {
        name: f"{_value('b', name, left[name])} is distinct from {_value('a', name, right[name])}" for name in compared
    }
    both = "b.__there and a.__there"
    counts = ", ".join(f"count(*) filter (where {both} and ({one}))" for one in differs.values())
    any_of = " or ".join(differs.values()) or "false"
    found = connection.execute(
        f"select count(*) filter (where b.__there is null), count(*) filter (where a.__there is null),"
        f" count(*) filter (where {both} and ({any_of}))"
        f"{', ' + counts if counts else ''}"
        f" from (select true as __there, * from {before}) as b"
        f" full join (select true as __there, * from {after}) as a on {same}"
    ).fetchone()
    assert found is not None  # an aggregate has one row
    by_column = {name: int(count) for name, count in zip(differs, found[3:], strict=True) if count}
    ordered = dict(sorted(by_column.items(), key=lambda item: (-item[1], item[0])))
    # Of no rows at all DuckDB counts null.
    added, removed, changed = (int(count or 0) for count in found[:3])
    return TableDiff(rows[before], rows[after], added, removed, changed, ordered, new, gone, list(key))


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Columns of a table and their types; empty where there is no such table."""
    try:
        return {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
    except duckdb.CatalogException:
        return {}


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f"select count(*) from {table}").fetchone()
    return int(found[0]) if found else 0


def _whole_rows(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, columns: dict[str, str]
) -> tuple[int, int]:
    """Rows that only one of the tables has, as often as it has them: added, removed."""
    listed = ", ".join(_value("r", name, kind) for name, kind in columns.items()) or "1"
    selects = {name: f"select {listed} from {name} as r" for name in (before, after)}
    added = _count(connection, f"({selects[after]} except all {selects[before]}) as one")
    removed = _count(connection, f"({selects[before]} except all {selects[after]}) as one")
    return added, removed


def _value(alias: str, name: str, kind: str) -> str:
    column = f'{alias}."{name}"'
    return f"round({column}, {_DIGITS})" if kind in ("DOUBLE", "FLOAT") else column
