"""What a reader hands over: parsed but unjudged rows, and the rows that could not even be parsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from ingestion.personal_data.encrypted_spool import SPOOLED, Spool


class Unreadable(Exception):
    """The whole file cannot be read; it goes to quarantine with this message as its reason."""


class Incomplete(Unreadable):
    """The file ends in the middle: still being written perhaps, so it is waited for before it counts as unreadable."""


@dataclass(frozen=True)
class Field:
    """One field of the source.

    Attributes:
        name: what the source calls it.
        sql: SQL expression for its value in the relation of the parts.
        type: DuckDB type of that expression.
    """

    name: str
    sql: str
    type: str = "varchar"


@dataclass(frozen=True)
class Part:
    """A relation that can be read again and again.

    Attributes:
        relation: SQL for it; files are read where they lie, spooled rows through the view `spooled_rows`.
        line: SQL expression for the line number of a row.
        spool: where the rows are kept, if not in a file.
    """

    relation: str
    line: str = "_line"
    spool: Spool | None = None


@dataclass(frozen=True)
class BrokenRow:
    """A row that has no fields: its line, why, and its text as it stands."""

    line: int
    reason: str
    text: str


@dataclass
class ParsedFile:
    """Everything that one file (or one pull) holds for one table.

    Attributes:
        fields: the fields of every row.
        parts: relations that together hold every parsed row.
        physical_rows: rows counted independently of the parsing; parsed + broken must equal it.
        broken: rows that could not be parsed.
        header: field names in the file's order, kept with broken rows so that they can be parsed again.
        notes: what else should be known about the file (a sheet left out …).
        blank_is_null: whether empty texts are null already.
        longest_row: bytes of the longest row where that was measured, so that as many are taken at a time as fit.
        careful: reads the same file again row by row; used when the counts of the quick way do not add up.
    """

    fields: list[Field]
    parts: list[Part]
    physical_rows: int
    broken: list[BrokenRow] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blank_is_null: bool = False
    longest_row: int = 0
    careful: Callable[[], ParsedFile] | None = None


@dataclass(frozen=True)
class Readable:
    """One file to read.

    Attributes:
        path: where it is.
        name: its path inside the channel's landing folder, for people.
        file_id: sha256 of its bytes.
        size: bytes.
    """

    path: Path
    name: str
    file_id: str
    size: int


def spooled(spool: Spool, width: int) -> Part:
    """All rows of a spool with a line number and `width` text columns f0, f1 …: what `text_rows` makes."""
    columns = "".join(f", f{index}" for index in range(width))
    return Part(f"(select _line{columns} from {SPOOLED})", spool=spool)


def text_rows(lines: pa.Array, columns: list[pa.Array]) -> pa.Table:
    """Rows for a spool: line numbers and text columns, named _line, f0, f1 and so on."""
    return pa.Table.from_arrays([lines, *columns], names=["_line", *(f"f{index}" for index in range(len(columns)))])
