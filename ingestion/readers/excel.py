"""Excel workbooks: every sheet that has the contract's columns, cells as plain text."""

from __future__ import annotations

import codecs
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ingestion.contract.table import Table
from ingestion.personal_data.encrypted_spool import Spool
from ingestion.readers import read_limits
from ingestion.readers.excel_size import look_through
from ingestion.readers.header_row import ROWS_LOOKED_AT, above, header_row, missing, twice, why_unfit
from ingestion.readers.parsed_file import (
    BrokenRow,
    Field,
    Incomplete,
    ParsedFile,
    Readable,
    Unreadable,
    spooled,
    text_rows,
)

_ROWS_A_BATCH = 20_000
# what a formula shows when it fails; no value, and shared by people who have nothing in common
_ERRORS = {
    *("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!"),
    *("#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#PYTHON!"),
}
_ACROSS = "one text across several columns, no data"
_MOST_DIGITS = 15  # that Excel keeps
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"

Numbered = tuple[int, list[Any]]  # row number in its sheet, cells from column A on


@dataclass(frozen=True)
class Taken:
    """A sheet that is read.

    Attributes:
        sheet: the sheet.
        header: names of its columns, empty for those that are left out.
        first: row number of its first row below the header.
        offset: what is added to its row numbers.
    """

    sheet: CalamineSheet
    header: list[str]
    first: int
    offset: int


def read_excel(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> ParsedFile:
    """Read a workbook. Line numbers are Excel's row numbers; a second sheet counts on from the end of the first.

    Raises:
        Unreadable: empty, not a workbook, beyond the limits, or no sheet fits.
        Incomplete: the workbook ends in the middle.
    """
    if not file.size:
        raise Unreadable("empty file")
    unknown_results = look_through(file.path)
    try:
        # told by its content: which of the two formats it is does not depend on its name
        with file.path.open("rb") as opened:
            workbook = CalamineWorkbook.from_filelike(opened)
        kinds = {sheet.name: sheet.typ for sheet in workbook.sheets_metadata}
        hidden = {sheet.name for sheet in workbook.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}
        sheets = {
            name: workbook.get_sheet_by_name(name)
            for name in workbook.sheet_names
            if kinds[name] == SheetTypeEnum.WorkSheet and table.sheet in ("", name)
        }
    except (CalamineError, OSError) as bad:
        raise _unreadable(file, bad) from bad
    except BaseException as bad:
        if type(bad).__name__ != "PanicException":  # how the library's own failures arrive, no Exception
            raise
        raise _unreadable(file, bad) from bad
    if table.sheet and table.sheet not in sheets:
        raise Unreadable(f"no sheet {table.sheet!r}; there are {', '.join(workbook.sheet_names)}")
    taken, notes = _choose(table, sheets)
    names = list(dict.fromkeys(name for one in taken for name in one.header if name))
    if len(names) > read_limits.MOST_COLUMNS:
        raise Unreadable(f"{len(names):,} columns; at most {read_limits.MOST_COLUMNS:,} are read")
    notes += [
        f"sheet {one.sheet.name!r} is hidden; its rows were read too" for one in taken if one.sheet.name in hidden
    ]
    spool = Spool(connection)
    broken: list[BrokenRow] = []
    failed = 0
    for one in taken:
        at = [one.header.index(name) if name in one.header else None for name in names]
        rows = ((line + one.offset, cells) for line, cells in _data(one, broken))
        while batch := list(islice(rows, _ROWS_A_BATCH)):
            failed += _add(spool, batch, at)
    if failed:
        notes.append(f"{failed} cells hold an Excel error such as #N/A; they count as empty")
    if unknown_results:
        alone = unknown_results == 1
        have = "formula has no stored result and counts" if alone else "formulas have no stored result and count"
        notes.append(f"{unknown_results} {have} as empty; open the workbook in Excel and save it")
    fields = [Field(name, f"f{index}") for index, name in enumerate(names)]
    rows_read = spool.rows + len(broken)
    return ParsedFile(fields, [spooled(spool, len(names))], rows_read, broken, header=names, notes=notes)


def _unreadable(file: Readable, bad: BaseException) -> Unreadable:
    with file.path.open("rb") as opened:
        start = opened.read(512)
    if start.startswith(b"PK"):
        return Incomplete(f"not readable as an Excel workbook: {bad}")
    why = str(bad)
    if start.startswith(_OLD_FORMAT):
        why = f"it is protected by a password, damaged or of another kind; save it as .xlsx without a password ({bad})"
    elif start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        why = "it is a web page under the ending of a workbook; open it in Excel and save it as .xlsx"
    elif _is_text(start):
        why = "it is a text file under the ending of a workbook; call it .csv"
    return Unreadable(f"not readable as an Excel workbook: {why}")


def _is_text(start: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign in "\t\r\n" for sign in text)


def _choose(table: Table, sheets: dict[str, CalamineSheet]) -> tuple[list[Taken], list[str]]:
    """The sheets to take, and what is to be said about the others and about rows above a header."""
    taken: list[Taken] = []
    notes: list[str] = []
    unfit: list[str] = []
    offset = 0
    for name, sheet in sheets.items():
        top = list(islice((row for row in _rows(sheet) if row[0] > table.skip_rows), ROWS_LOOKED_AT))
        if not top:
            continue
        first, header = top[0][0], list(table.columns)
        if table.has_header:
            texts = [[_text(cell) or "" for cell in cells] for _, cells in top]
            chosen = header_row(table, texts)
            if missing(table, texts[chosen]):
                unfit.append(why_unfit(table, texts[chosen]))
                notes.append(f"sheet {name!r} was not read: {unfit[-1]}")
                continue
            if repeated := twice(table, texts[chosen]):
                unfit.append(repeated)
                notes.append(f"sheet {name!r} was not read: {repeated}")
                continue
            notes += [f"sheet {name!r}: {note}" for note in above(first, top[chosen][0])]
            first = top[chosen][0] + 1
            header = _header(texts[chosen], (cells for line, cells in _rows(sheet) if line >= first))
        taken.append(Taken(sheet, header, first, offset))
        offset += sheet.end[0] + 1 if sheet.end else 0
    if not taken:
        raise Unreadable(unfit[0] if unfit else "no rows in any sheet")
    return taken, notes


def _rows(sheet: CalamineSheet) -> Iterator[Numbered]:
    """Rows that hold something of their own, from column A on; merged cells count for every row that they cover."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    starts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or []:
        if bottom > top:
            starts[top].append((column, bottom))
    covering: dict[int, tuple[Any, int]] = {}
    nothing = [""] * sheet.width
    for index, cells in enumerate(sheet.iter_rows()):
        if cells == nothing:
            continue
        row = left + cells
        is_filled = any(_text(cell) for cell in row)
        for column, (value, bottom) in list(covering.items()):
            if index > bottom:
                del covering[column]
            elif column < len(row):
                row[column] = value
        for column, bottom in starts.get(index, []):
            if column < len(row):
                covering[column] = (row[column], bottom)
        if is_filled:
            yield index + 1, row


def _data(one: Taken, broken: list[BrokenRow]) -> Iterator[Numbered]:
    """The rows of a sheet below its header; one that is a single text across columns is added to `broken`."""
    across = {top + 1: left for (top, left), (bottom, right) in one.sheet.merged_cell_ranges or [] if right > left}
    for line, cells in _rows(one.sheet):
        if line < one.first:
            continue
        if line in across:
            texts = [index for index, cell in enumerate(cells) if _text(cell)]
            if texts == [across[line]] and one.header.index(next(filter(None, one.header))) == texts[0]:
                broken.append(BrokenRow(line + one.offset, _ACROSS, _text(cells[texts[0]]) or ""))
                continue
        yield line, cells


def _header(cells: list[str], body: Iterator[list[Any]]) -> list[str]:
    """Names of the columns: one without a name is called by its number if it holds anything, a second one gets (2)."""
    nameless = {index for index, name in enumerate(cells) if not name}
    filled: set[int] = set()
    for row in body if nameless else ():
        filled.update(index for index in nameless if _text(row[index]))
        nameless -= filled
        if not nameless:
            break
    names: list[str] = []
    for index, name in enumerate(cells):
        if not name:
            name = f"column {index + 1}" if index in filled else ""
        elif name in names:
            name = f"{name} ({names.count(name) + 1})"
        names.append(name)
    return names


def _text(cell: Any) -> str | None:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if not cell.is_integer():
            return repr(cell)
        return str(int(cell)) if abs(cell) < 10**_MOST_DIGITS else f"{cell:.{_MOST_DIGITS - 1}E}"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell).strip() or None


def _add(spool: Spool, rows: list[Numbered], at: list[int | None]) -> int:
    """Keep rows; returns how many of their cells hold an error."""
    failed = 0
    columns: list[pa.Array] = []
    for index in at:
        cells = [_text(row[index]) if index is not None and index < len(row) else None for _, row in rows]
        errors = sum(cell in _ERRORS for cell in cells)
        if errors:
            failed += errors
            cells = [None if cell in _ERRORS else cell for cell in cells]
        columns.append(pa.array(cells, pa.string()))
    spool.add(text_rows(pa.array([line for line, _ in rows], pa.int64()), columns))
    return failed
