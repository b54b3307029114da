"""From rows to units: one row each, in one arm; who is left out, and why, is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from stores.counted import counted
from stores.errors import UserError

UNITS = "units"
_NAMED_LINES = 5


@dataclass(frozen=True)
class Counts:
    """What became of the rows.

    Attributes:
        rows: rows that were read.
        units: units that are in the reading.
        without_arm: rows that name no arm.
        without_unit: rows that name no unit, where units were asked for.
        repeated: rows that repeat another one of the same unit word for word; one of them counts.
        contaminated: units that are in more than one arm.
    """

    rows: int
    units: int
    without_arm: int
    without_unit: int = 0
    repeated: int = 0
    contaminated: int = 0


def make_units(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    relation: str,
    arm: str,
    unit: str,
    values: Mapping[str, str],
    text: str = "",
) -> Counts:
    """Make the table `units` of the rows of a file.

    Args:
        connection: gets `units` with the columns arm, unit_group and those of `values`.
        path: the file, for messages.
        relation: SQL for the rows, with their lines.
        arm: its column with the arm.
        unit: the one with the unit's digest; empty where every row is a unit.
        values: names of columns of `units` to their SQL expressions.
        text: its column with the group to explore; empty without one.

    Raises:
        UserError: a unit has several rows that say different things.
    """
    columns = [f"{expression} as {name}" for name, expression in values.items()]
    selected = ", ".join(
        ["line", f"{arm} as arm", f"{unit or 'line'} as unit", f"{text or 'null'} as unit_group", *columns]
    )
    connection.execute(f"create or replace table typed as select {selected} from {relation}")
    rows, without_arm, without_unit = connection.execute(
        "select count(*), count(*) - count(arm), count(arm) - count(case when unit is not null then arm end) from typed"
    ).fetchall()[0]
    known = "select * from typed where arm is not null and unit is not null"
    if not unit:
        connection.execute(f"create or replace table {UNITS} as {known}")
        return Counts(rows, rows - without_arm, without_arm)
    connection.execute(
        f"""
        create or replace table repeated as
        with several as (select unit from ({known}) group by unit having count(*) > 1)
        select
            unit, count(*) as rows, count(distinct arm) as arms, min(line) as first_line,
            count(distinct {_said(list(values), bool(text))}) as said
        from ({known}) semi join several using (unit)
        group by unit
        """
    )
    _refuse_unlike(connection, path)
    contaminated, repeated = connection.execute(
        "select count(*) filter (where arms > 1), coalesce(sum(rows - 1) filter (where arms = 1), 0) from repeated"
    ).fetchall()[0]
    connection.execute(
        f"""
        create or replace table {UNITS} as
        select known.*
        from ({known}) as known
        left join repeated on known.unit = repeated.unit
        where repeated.unit is null or (repeated.arms = 1 and known.line = repeated.first_line)
        """
    )
    units = connection.execute(f"select count(*) from {UNITS}").fetchall()[0][0]
    return Counts(rows, units, without_arm, without_unit, int(repeated), contaminated)


def _said(names: Sequence[str], has_group: bool) -> str:
    """SQL for all that a row says of its unit, as one value."""
    parts = [f"cast({name} as varchar)" for name in [*names, *(["unit_group"] if has_group else [])]]
    return f"[{', '.join(parts)}]"


def _refuse_unlike(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    found = connection.execute(
        "select unit, count(*) over () from repeated where arms = 1 and said > 1 order by first_line limit 1"
    ).fetchone()
    if found is None:
        return
    unit, many = found
    lines = connection.execute(
        "select line from typed where unit = ? order by line limit ?", [unit, _NAMED_LINES]
    ).fetchall()
    named = ", ".join(str(line) for (line,) in lines)
    raise UserError(
        f"{path}, lines {named}: the same unit with different values ({counted(many, 'such unit')}). An experiment has "
        "one row a unit: sum up what belongs to each before it is read, or it would count as several."
    )
