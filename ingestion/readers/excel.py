"""Excel workbooks: every sheet that has the contract's columns, cells as plain text."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from ingestion.contract import Table, header_key
from ingestion.raw import Field, Incomplete, Raw, Readable, Unreadable, spooled, text_rows
from ingestion.spool import Spool

_ROWS_A_BATCH = 20_000


def read_excel(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read a workbook. Line numbers are Excel's row numbers; a second sheet counts on from the end of the first.

    Raises:
        Unreadable: empty, not a workbook, or no sheet fits.
        Incomplete: the workbook ends in the middle.
    """
    if not file.size:
        raise Unreadable("empty file")
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        sheets = {name: _rows(workbook, name) for name in workbook.sheet_names}
    except (CalamineError, OSError, zipfile.BadZipFile) as bad:
        with file.path.open("rb") as opened:
            kind = Incomplete if opened.read(2) == b"PK" else Unreadable
        raise kind(f"not readable as an Excel workbook: {bad}") from bad
    taken, notes = _choose(table, sheets)
    names: list[str] = []
    for header, _, _ in taken:
        names += [name for name in header if name and name not in names]
    spool = Spool(connection)
    physical_rows = 0
    for header, rows, offset in taken:
        at = {name: header.index(name) for name in names if name in header}
        kept = [(line + offset, row) for line, row in rows if any(_text(cell) for cell in row)]
        physical_rows += len(kept)
        for start in range(0, len(kept), _ROWS_A_BATCH):
            _insert(spool, kept[start : start + _ROWS_A_BATCH], [at.get(name) for name in names])
    fields = [Field(name, f"f{index}") for index, name in enumerate(names)]
    return Raw(fields, [spooled(spool, len(names))], physical_rows, header=names, notes=notes)


def _rows(workbook: CalamineWorkbook, name: str) -> list[list[Any]]:
    sheet = workbook.get_sheet_by_name(name)
    return sheet.to_python(skip_empty_area=False)


def _choose(
    table: Table, sheets: dict[str, list[list[Any]]]
) -> tuple[list[tuple[list[str], list[tuple[int, list[Any]]], int]], list[str]]:
    """Header, numbered rows and line offset of every sheet to take; and what is to be said about the others."""
    if table.sheet and table.sheet not in sheets:
        raise Unreadable(f"no sheet {table.sheet!r}; there are {', '.join(sheets)}")
    taken: list[tuple[list[str], list[tuple[int, list[Any]]], int]] = []
    notes: list[str] = []
    best_missing: list[str] = []
    offset = 0
    for name, rows in sheets.items():
        if table.sheet and name != table.sheet:
            continue
        below = list(enumerate(rows, 1))[table.skip_rows :]
        filled = [(line, row) for line, row in below if any(_text(cell) for cell in row)]
        if not filled:
            continue
        body = filled[1:] if table.has_header else filled
        header = _header(filled[0][1], body) if table.has_header else list(table.columns)
        missing = _missing(table, header)
        if missing:
            best_missing = missing
            notes.append(f"sheet {name!r} was not read: required columns missing: {', '.join(missing)}")
            continue
        taken.append((header, body, offset))
        offset += len(rows)
    if not taken:
        why = f"required columns missing: {', '.join(best_missing)}" if best_missing else "no rows in any sheet"
        raise Unreadable(why)
    return taken, notes


def _header(cells: list[Any], body: list[tuple[int, list[Any]]]) -> list[str]:
    """Names of the columns: one without a name is called by its number if it holds anything, a second one gets (2)."""
    names: list[str] = []
    for index, cell in enumerate(cells):
        name = _text(cell)
        if name is None:
            name = f"column {index + 1}" if any(_text(row[index]) for _, row in body) else ""
        elif name in names:
            name = f"{name} ({names.count(name) + 1})"
        names.append(name)
    return names


def _missing(table: Table, header: list[str]) -> list[str]:
    present = {header_key(name) for name in header}
    return [
        name
        for name, column in table.contract.items()
        if column.required and not present & {header_key(alias) for alias in (name, *column.header)}
    ]


def _text(cell: Any) -> str | None:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell).strip() or None


def _insert(spool: Spool, rows: list[tuple[int, list[Any]]], at: list[int | None]) -> None:
    arrays = []
    for index in at:
        cells = [_text(row[index]) if index is not None and index < len(row) else None for _, row in rows]
        arrays.append(pa.array(cells, pa.string()))
    spool.add(text_rows(pa.array([line for line, _ in rows], pa.int64()), arrays))
