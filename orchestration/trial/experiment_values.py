"""What the cells of a column mean in an experiment: yes or no, or a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
_WHOLE = "-?[0-9]{1,15}"
_PLAIN = f"{_WHOLE}([.][0-9]+)?"
_YES_OR_NO, _POINT, _COMMA = Column("bool"), Column("double"), Column("double", decimal_mark=",")


@dataclass(frozen=True)
class ReadColumn:
    """A column of values as it is read.

    Attributes:
        column: the column of `cells`.
        is_share: whether it says yes or no.
        mark: what stands before the decimals of its numbers.
        values: rows with something in the cell.
        unreadable: how many of them cannot be read; they count as missing.
        line: of the first of these.
        text: of the first of these.
        note: what somebody should look at.
        is_plain: whether all cells are plain numbers, or all the usual words for yes and no.
    """

    column: str
    is_share: bool
    mark: str
    values: int
    unreadable: int = 0
    line: int = 0
    text: str = ""
    note: str = ""
    is_plain: bool = False

    @property
    def value(self) -> str:
        """SQL for the value, over `with_meanings`: a double, 0 and 1 for no and yes; null where it is missing."""
        if self.is_plain:
            number = f"try_cast({self.column} as double)"
            return f"case {_usual(self.column, '1.0', '0.0')} else {number} end" if self.is_share else number
        number = f"{self.column}_{'comma' if self.mark == ',' else 'point'}"
        if not self.is_share:
            return number
        # 1.0 and 0.0 are what tools make of yes and no beside cells without a value
        yes_or_no = f"case when {number} in (0, 1) then {number} end"
        return f"coalesce(cast({self.column}_flag as double), {yes_or_no})"


def with_meanings(columns: Sequence[str], home: Sequence[str], relation: str = CELLS) -> str:
    """SQL for the cells with what each may mean: beside column c also c_text, c_flag, c_point and c_comma.

    One level after the other: an expression that repeats what it is made of would grow beyond what can be planned.

    Args:
        columns: columns of `cells` with values, those that are plain left out.
        home: currencies whose signs may stand beside numbers.
        relation: `cells`, or another relation with these columns.
    """
    texts = [f"{_text(column)} as {column}_text" for column in columns]
    meanings = [
        f"{meaning} as {column}_{name}"
        for column in columns
        for name, meaning in (
            ("flag", _flag(column)),
            ("point", _number(column, _POINT, home)),
            ("comma", _number(column, _COMMA, home)),
        )
    ]
    bounded = [
        f"case when abs({finite(kind, f'{column}_{name}')}) <= {_LARGEST} then {column}_{name} end as {column}_{name}"
        for column in columns
        for name, kind in (("point", _POINT), ("comma", _COMMA))
    ]
    texts_of = f"select {', '.join(['*', *texts])} from {relation}"
    meanings_of = f"select {', '.join(['*', *meanings])} from ({texts_of})"
    return f"(select * replace ({', '.join(bounded)}) from ({meanings_of}))" if columns else relation


def read_columns(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: Mapping[str, str],
    home: Sequence[str],
    flags: Mapping[str, str],
) -> dict[str, ReadColumn]:
    """Find out what the cells of columns mean.

    Args:
        connection: has the table `cells`.
        path: the file, for messages.
        columns: names of columns in it, to their columns of `cells`.
        home: currencies whose signs may stand beside numbers.
        flags: names of those that have to say yes or no, to the option that needs it.

    Raises:
        UserError: more than a few cells of a column are neither, or its numbers are written in two ways.
    """
    parts = [
        part
        for column in columns.values()
        for part in (
            f"count({column})",
            f"count(case when regexp_full_match({column}, '{_PLAIN}') then 1 end)",
            f"count(case when try_cast({column} as double) not in (0, 1) then 1 end)",
            f"count(case {_usual(column, '1', '1')} end)",
        )
    ]
    counts = iter(connection.execute(f"select {', '.join(parts)} from {CELLS}").fetchall()[0])
    read = {}
    for name, column in columns.items():
        values, numbers, others, usual = (next(counts) for _ in range(4))
        is_share = values > 0 and (usual == values or not others)
        if values in (numbers, usual) and (is_share or name not in flags):
            read[name] = ReadColumn(column, is_share, ".", values, is_plain=True)
        else:
            read[name] = _read_column(connection, path, name, column, home, flags.get(name, ""))
    return read


def _usual(column: str, yes: str, no: str) -> str:
    """SQL for the branches of a case that know the usual words for yes and no."""
    return f"when {column} in ('1', 'true', 'True') then {yes} when {column} in ('0', 'false', 'False') then {no}"


def _read_column(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, column: str, home: Sequence[str], only_yes_or_no: str
) -> ReadColumn:
    text, flag, point, comma = (f"{column}_{name}" for name in ("text", "flag", "point", "comma"))
    cells = f"(select {column}, count(*) as rows from {CELLS} where {column} is not null group by {column})"
    values, flags, points, commas, others, has_comma, has_point, has_either = connection.execute(
        f"""
        select
            {", ".join(f"coalesce(sum(rows) filter ({name} is not null), 0)" for name in (text, flag, point, comma))},
            count(case when {point} not in (0, 1) then 1 end),
            min(case when regexp_full_match({text}, {literal(WITH_COMMA)}) and {comma} is not null then {text} end),
            min(case when regexp_full_match({text}, {literal(WITH_POINT)}) and {point} is not null then {text} end),
            min(case when regexp_full_match({text}, {literal(EITHER)}) then {text} end)
        from {with_meanings([column], home, cells)}
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
    numbers = commas if has_comma else points
    has_other_numbers = bool(others) or bool(has_comma)
    is_share = bool(only_yes_or_no) or (values > 0 and (flags > numbers or not has_other_numbers))
    found = ReadColumn(column, is_share, "," if has_comma else ".", values, note="" if is_share else note)
    return _with_unreadable(connection, path, name, found, home, only_yes_or_no)


def _text(column: str) -> str:
    """SQL for a cell in one spelling, null where it says that there is no value."""
    missing = ", ".join(map(literal, MISSING_WORDS))
    return f"case when lower({column}) not in ({missing}) then {in_one_spelling(column)} end"


def _flag(column: str) -> str:
    """SQL for yes or no: the usual words at once, others by all that contracts know."""
    return f"case {_usual(column, 'true', 'false')} else {cast(_YES_OR_NO, f'{column}_text')} end"


def _number(column: str, kind: Column, home: Sequence[str]) -> str:
    """SQL for a number: the plain form at once, others by all that contracts know."""
    plain = f"regexp_full_match({column}, '{_PLAIN if kind is _POINT else _WHOLE}')"
    return f"case when {plain} then cast({column} as double) else {cast(kind, f'{column}_text', home)} end"


def _with_unreadable(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    found: ReadColumn,
    home: Sequence[str],
    only_yes_or_no: str,
) -> ReadColumn:
    unreadable, line, first = connection.execute(
        f"""
        select count(*), min(line), min_by({found.column}, line)
        from {with_meanings([found.column], home)}
        where {found.column}_text is not null and {found.value} is null
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
    return replace(found, unreadable=int(unreadable), line=int(line), text=shown)
