"""Looks through an Excel workbook before it is opened: how far its cells reach and how much it unpacks to.

The library that reads workbooks makes room for every cell between the first and the last of a sheet, so one stray cell
in the last row and column would ask for 17 billion.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from ingestion.readers import read_limits
from ingestion.readers.parsed_file import Incomplete, Unreadable

_BLOCK = 1 << 20
_LONGEST_REFERENCE = 64
_FAR_COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Z]{2,3})[0-9]")
_FAR_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Z]{0,3}([0-9]{5,9})[\"']")
_ANY_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Z]{0,3}([0-9]{1,9})[\"']")
_LONG_TEXT = 10_000  # bytes; only such texts, each in many cells, can fill the memory
_NEAR_COLUMNS = 26  # those of one letter
_NEAR_ROWS = 9_999  # those of four digits
_SHARED_TEXT = re.compile(rb"t\s*=\s*[\"']s[\"'][^>]*>\s*<v>([0-9]{1,9})</v>")


_NO_RESULT = re.compile(
    rb"<c\b(?![^>]*\bt\s*=\s*[\"']str[\"'])[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)


def look_through(path: Path) -> int:
    """Refuse what must not be opened; workbooks of the old format, which cannot be large, are let through.

    Returns:
        Formulas whose result is not stored, because no spreadsheet has calculated them.

    Raises:
        Unreadable: it would fill the memory, or is damaged; Incomplete when it ends in the middle.
    """
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return 0
    try:
        with zipfile.ZipFile(path) as packed:
            return _measure(packed)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as bad:
        kind = Incomplete if isinstance(bad, zipfile.BadZipFile) and "not a zip" in str(bad) else Unreadable
        raise kind(f"not readable as an Excel workbook: {bad}") from bad


def _measure(packed: zipfile.ZipFile) -> int:
    parts = packed.infolist()
    if sum(part.file_size for part in parts) > read_limits.LARGEST_WORKBOOK:
        raise Unreadable(f"the workbook unpacks to more than {read_limits.LARGEST_WORKBOOK >> 20} MB; save it as CSV")
    cells = formulas = 0
    texts: list[int] = []
    used: list[int] = []
    for part in sorted(parts, key=lambda part: "sharedStrings" not in part.filename):
        # read to its end, which fails where a part holds more than the workbook says
        if re.search(r"worksheets/[^/]+\.xml$", part.filename, re.IGNORECASE):
            open_part = partial(packed.open, part)
            formulas += _count_formulas(open_part)
            cells += _area(open_part, Path(part.filename).stem, used if max(texts, default=0) > _LONG_TEXT else None)
            if cells > read_limits.MOST_CELLS:
                raise Unreadable(f"the sheets have an area of {cells:,} cells; {_AT_MOST}")
            continue
        with packed.open(part) as file:
            if part.filename.lower().endswith("sharedstrings.xml"):
                texts = _lengths(file)
            else:
                while file.read(_BLOCK):
                    pass
    if sum(texts[number] for number in used if number < len(texts)) > read_limits.LARGEST_WORKBOOK:
        raise Unreadable(
            f"the texts of its cells are more than {read_limits.LARGEST_WORKBOOK >> 20} MB; save it as CSV"
        )
    return formulas


_AT_MOST = f"at most {read_limits.MOST_CELLS:,} are read. Delete what stands far off, or save the sheet as CSV"


def _area(open_part: Callable[[], IO[bytes]], name: str, used: list[int] | None) -> int:
    """Cells between A1 and the last row and column of a sheet.

    Args:
        open_part: opens the sheet from its start.
        name: of the sheet, for messages.
        used: gets the numbers of the shared texts in the sheet; None: they are not needed.
    """
    columns, rows, last = _NEAR_COLUMNS, 0, "Z"
    with open_part() as file:
        for block in _blocks(file):
            for letters in set(_FAR_COLUMN.findall(block)):
                number = _column(letters)
                if number > columns:
                    columns, last = number, letters.decode()
            rows = max(rows, *map(int, _FAR_ROW.findall(block)), 0)
            if used is not None:
                used += map(int, _SHARED_TEXT.findall(block))
    if not rows:
        rows = _NEAR_ROWS
        if columns * rows > read_limits.MOST_CELLS:
            with open_part() as file:
                rows = max((int(row) for block in _blocks(file) for row in _ANY_ROW.findall(block)), default=0)
    area = columns * rows
    if area > read_limits.MOST_CELLS:
        raise Unreadable(f"{name} reaches to {last}{rows}, an area of {area:,} cells; {_AT_MOST}")
    return area if rows > _NEAR_ROWS or columns > _NEAR_COLUMNS else 0


def _count_formulas(open_part: Callable[[], IO[bytes]]) -> int:
    """Formulas without a stored result; a cell that the end of a block cuts is completed by the next one."""
    found = 0
    rest = b""
    with open_part() as file:
        while block := file.read(_BLOCK):
            whole, end, rest = (rest + block).rpartition(b"</c>")
            found += sum(1 for _ in _NO_RESULT.finditer(whole + end)) if b"<f" in whole else 0
            rest = rest[-_BLOCK:]
    return found


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Blocks that overlap a little, so that no reference is cut."""
    kept = b""
    while block := file.read(_BLOCK):
        yield kept + block
        kept = block[-_LONGEST_REFERENCE:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _lengths(file: IO[bytes]) -> list[int]:
    """Bytes of each shared text."""
    lengths: list[int] = []
    rest = b""
    while block := file.read(_BLOCK):
        *whole, rest = (rest + block).split(b"</si>")
        lengths += map(len, whole)
    return lengths
