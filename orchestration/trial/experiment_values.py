"""What the cells of a column mean in an experiment: yes or no, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.contract.casting import cast, finite, in_one_spelling
from ingestion.contract.table import Column
from orchestration.trial.decimal_marks import EITHER, WITH_COMMA, WITH_POINT
from orchestration.trial.experiment_file import CELLS
from stores.duckdb_connection import literal
from stores.errors import UserError
from stores.redaction.text_redaction import redact

# In small letters; they say that there is no value.
MISSING_WORDS = ("na", "n/a", "#n/a", "nan", "null", "none", "nil", "\\n", "-")
# With more values that cannot be read the column is no metric, rather than one with a few mistakes in it.
MOST_UNREADABLE = 0.05
# A number beyond it is a mistake, and its square would drown all others.
_LARGEST = 1e15
_WORDS = "1, true, yes, 是; 0, false, no, 否"
_SHOWN_CHARACTERS = 40
_KINDS = ("text", "flag", "point", "comma")
_YES_OR_NO, _POINT, _COMMA = Column("bool"), Column("double"), Column("double", decimal_mark=",")


@dataclass(frozen=True)
class ReadColumn:
    """A column of values as it is read.

    Attributes:
        is_share: whether it says yes or no.
        sql: SQL expression for the value of a row of `cells`, as a double, 0 and 1 for no and yes; null where missing.
        values: rows with something in the cell.
        unreadable: how many of them cannot be read; they count as missing.
        line: of the first of these.
        text: of the first of these.
        note: what somebody should look at.
    """

    is_share: bool
    sql: str
    values: int
    unreadable: int = 0
    line: int = 0
    text: str = ""
    note: str = ""


def read_column(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    column: str,
    home: Sequence[str],
    only_yes_or_no: str = "",
) -> ReadColumn:
    """Find out what a column's cells mean.

    Args:
        connection: has the table `cells`.
        path: the file, for messages.
        name: the column's name in it.
        column: the column of `cells`.
        home: currencies whose signs may stand beside numbers.
        only_yes_or_no: the option that needs yes or no; empty where numbers are right as well.

    Raises:
        UserError: more than a few cells are neither, or numbers are written in two ways.
    """
    text = _text(column)
    flag, point, comma = _flag(column, text), *(_number(column, text, kind, home) for kind in (_POINT, _COMMA))
    values, flags, points, commas, others, has_comma, has_point, has_either = connection.execute(
        f"""
        with cells as (select {column}, count(*) as rows from {CELLS} where {column} is not null group by {column}),
        texts as materialized (select {column}, rows, {text} as text from cells),
        meanings as (select text, rows, {flag} as flag, {point} as point, {comma} as comma from texts)
        select
            {", ".join(f"coalesce(sum(rows) filter ({kind} is not null), 0)" for kind in _KINDS)},
            count(case when point not in (0, 1) then 1 end),
            min(case when regexp_full_match(text, {literal(WITH_COMMA)}) and comma is not null then text end),
            min(case when regexp_full_match(text, {literal(WITH_POINT)}) and point is not null then text end),
            min(case when regexp_full_match(text, {literal(EITHER)}) then text end)
        from meanings
        """
    ).fetchall()[0]
    if has_comma and has_point:
        raise UserError(
            f"{path}, column {name}: {has_comma} has a decimal comma and {has_point} a decimal point. "
            "Write all numbers with one of them."
        )
    note = ""
    if has_comma:
        note = f"{name}: a comma stands before the decimals, as in {has_comma}"
    elif has_either and not has_point:
        note = f"{name}: {has_either} is read as {has_either.replace(',', '')}"
    numbers, number = (commas, comma) if has_comma else (points, point)
    has_other_numbers = bool(others) or bool(has_comma)
    is_share = bool(only_yes_or_no) or (values > 0 and (flags > numbers or not has_other_numbers))
    sql = _share(flag, point) if is_share else number
    found = ReadColumn(is_share, sql, values, note="" if is_share else note)
    return _with_unreadable(connection, path, name, column, text, found, only_yes_or_no)


def _text(column: str) -> str:
    """SQL for a cell in one spelling, null where it says that there is no value."""
    missing = ", ".join(map(literal, MISSING_WORDS))
    return f"case when lower({column}) not in ({missing}) then {in_one_spelling(column)} end"


def _flag(column: str, text: str) -> str:
    """SQL for yes or no: the usual words at once, others by all that contracts know."""
    usual = f"when {column} in ('1', 'true', 'True') then true when {column} in ('0', 'false', 'False') then false"
    return f"case {usual} else {cast(_YES_OR_NO, text)} end"


def _number(column: str, text: str, kind: Column, home: Sequence[str]) -> str:
    """SQL for a number within bounds: the plain form at once, others by all that contracts know."""
    plain = f"regexp_full_match({column}, '-?[0-9]{{1,15}}{'([.][0-9]+)?' if kind is _POINT else ''}')"
    number = f"case when {plain} then cast({column} as double) else {cast(kind, text, home)} end"
    return f"case when abs({finite(kind, number)}) <= {_LARGEST} then {number} end"


def _share(flag: str, number: str) -> str:
    # 1.0 and 0.0 are what tools make of yes and no beside cells without a value
    return f"coalesce(cast({flag} as double), case when {number} in (0, 1) then {number} end)"


def _with_unreadable(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    column: str,
    text: str,
    found: ReadColumn,
    only_yes_or_no: str,
) -> ReadColumn:
    unreadable, line, first = connection.execute(
        f"""
        select count(*), min(line), min_by({column}, line)
        from {CELLS}
        where {text} is not null and ({found.sql}) is null
        """
    ).fetchall()[0]
    if not unreadable:
        return found
    shown = redact(first if len(first) <= _SHOWN_CHARACTERS else f"{first[:_SHOWN_CHARACTERS]}…")
    if unreadable > MOST_UNREADABLE * found.values:
        wanted = f"{only_yes_or_no} needs" if only_yes_or_no else "a metric or covariate needs numbers up to 1e15, or"
        raise UserError(
            f"{path}, line {line}, column {name}: {shown!r} cannot be read ({unreadable:,} of {found.values:,} values "
            f"cannot): {wanted} yes or no ({_WORDS})."
        )
    return ReadColumn(found.is_share, found.sql, found.values, int(unreadable), int(line), shown, found.note)
