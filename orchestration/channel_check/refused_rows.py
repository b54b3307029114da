"""What of a sample would go to quarantine: files as a whole, and rows by the column that does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from ingestion.contract.casting import answers
from ingestion.contract.table import Column
from ingestion.quarantine.listing import WAITING, Group
from ingestion.sampling.channel_sample import SampledTable
from orchestration.channel_check.findings import NOTE, PROBLEM, WARNING, Finding, listed
from stores.counted import counted
from stores.duckdb_connection import literal

_NO_TREND = 5
_SHOWN_VALUES = 5
# What a contract says of a column whose values are written in another way than expected.
_HOW_WRITTEN = {
    "date": 'formats=["%d.%m.%Y"]',
    "timestamp": 'formats=["%d.%m.%Y %H:%M"]',
    "decimal": 'decimal_mark=","',
    "double": 'decimal_mark=","',
    "bool": 'true=["…"], false=["…"]',
}
# As `ingestion.quarantine.writer` writes a reason: one part a column, and in it the value where it may be shown.
_NEXT_COLUMN = re.compile(r"; (?=[a-z][a-z0-9_]*: )")
_CURRENCY = re.compile(" is in [^ ]+, | does not say which of its currencies ")
_VALUE = re.compile(r"'[^']*'|text of [0-9]+ characters")


@dataclass
class Misfit:
    """What is alike in rows of a file that do not fit.

    Attributes:
        source_file: the file.
        reason: of its first row: the column and what is the matter.
        line: of its first row.
        rows: how many there are.
        values: what stands there in their stead, each once.
    """

    source_file: str
    reason: str
    line: int
    rows: int = 0
    values: list[str] = field(default_factory=list)


def refused_files(groups: Sequence[Group], read: SampledTable) -> Iterator[Finding]:
    """Files that go to quarantine as a whole, and what is to be said of files whose rows do load."""
    for group in groups:
        if group.state == WAITING and not group.first_line:
            text = f"{group.source_file} as a whole goes to quarantine: {group.reason.rstrip('.')}."
            fix = "Correct the table in the contract (header, skip_rows, encoding, format), or the file."
            yield Finding(PROBLEM, read.name, text, fix, group.source_file)
        elif group.state != WAITING and "unknown column" not in group.reason:
            yield Finding(NOTE, read.name, f"{group.source_file}: {group.reason.rstrip('.')}.", file=group.source_file)


def refused_values(connection: duckdb.DuckDBPyConnection, quarantine: str, table: str) -> list[Misfit]:
    """What does not fit, by file and column, the most frequent first; a row with two such columns counts in both.

    Args:
        connection: any DuckDB connection.
        quarantine: the sample's, as SQL.
        table: the one that the rows were meant for.
    """
    rows = connection.execute(
        f"select source_file, line, reason from {quarantine} where target = {literal(table)} and line > 0 order by all"
    ).fetchall()
    found: dict[tuple[str, str], Misfit] = {}
    for source_file, line, reason in rows:
        for part in _NEXT_COLUMN.split(reason):
            one = found.setdefault((source_file, _VALUE.sub("…", part)), Misfit(source_file, part, int(line)))
            one.rows += 1
            value = _VALUE.search(part)
            if value and value[0] not in one.values:
                one.values.append(value[0])
    return sorted(found.values(), key=lambda one: -one.rows)


def refused_rows(
    misfits: Sequence[Misfit], read: SampledTable, columns: Mapping[str, Column], too_many: float, contract: str
) -> Iterator[Finding]:
    """The rows that go to quarantine, one finding for each column of a file.

    Args:
        misfits: of this table.
        read: the table's sample.
        columns: of its contract.
        too_many: the share of the rows from which on it is a problem.
        contract: where the contract stands.
    """
    refused = read.rows - read.loaded
    # a few of a few are no trend; of a file of which nothing fits, the contract is wrong
    is_many = refused >= _NO_TREND and refused > too_many * read.rows
    level = PROBLEM if is_many or not read.loaded else WARNING
    for one in misfits:
        verb = "does" if one.rows == 1 else "do"
        of_all = f"{counted(one.rows, 'row')} of {read.rows:,} {verb} not fit and would go to quarantine"
        more = f" Likewise {listed(one.values[1:], most=_SHOWN_VALUES)}." if one.values[1:] else ""
        text = f"{of_all}: {one.reason.rstrip('.')}.{more}"
        before = one.reason.partition(":")[0]
        column = before if before in columns else ""
        said = how_written(columns[column], one.reason) if column else ""
        what = f"Correct the column {column} in {contract}{said}, or the file" if column else "Correct the file"
        allowed = _answers(columns[column]) if column and said else ()
        fix = f"{what}; the other rows load."
        yield Finding(level, read.name, text, fix, one.source_file, one.line, column, allowed=allowed)


def how_written(column: Column, reason: str) -> str:
    """What the contract could say so that such values are read, as an example; empty where nothing would help.

    Args:
        column: whose value did not fit.
        reason: why, as the quarantine tells it; what it says of this column comes first.
    """
    if column.between and " is not between " in reason.partition("; ")[0]:
        return " (its scale is `between`)"
    if column.is_number and _CURRENCY.search(reason.partition("; ")[0]):
        return " (its `currency`: one ISO code, or a list of them where each amount says its own)"
    option = 'words={…, "…": …}' if column.words else _HOW_WRITTEN.get(column.type, "")
    has_mark = column.decimal_mark != "." and option.startswith("decimal_mark")
    return f" (such as {option})" if option and not has_mark and " is not " in reason.partition("; ")[0] else ""


def _answers(column: Column) -> tuple[str, ...]:
    """The words of a column of yes and no or of one with `words`; none where others than words may stand."""
    if column.words:
        return tuple(map(str, column.words))
    yes, no = answers(column) if column.type == "bool" else ([], [])
    return (*yes, *no)
