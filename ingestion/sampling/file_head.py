"""The first rows of a file as a file of its own: its format's reader reads that, and no large file is read whole."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contract.table import Table
from ingestion.readers.parsed_file import Unreadable
from ingestion.readers.text_counts import is_packed, open_text
from ingestion.readers.text_encoding import marked, unmarked_wide

_BLOCK = 1 << 18
_MOST_BYTES = 64 << 20  # a text of which so much holds fewer rows is cut here
_LONGEST_VALUE = 2_000  # lines that an open quote may go over before the file is cut inside it
_WIDE = ("utf-16", "utf-32")


@dataclass(frozen=True)
class Head:
    """What a reader is given in place of a file.

    Attributes:
        path: where it is.
        is_whole: whether that is all of the file.
    """

    path: Path
    is_whole: bool


@contextmanager
def head_of(path: Path, table: Table, rows: int, folder: Path) -> Iterator[Head]:
    """The first rows of a file; the file itself where the format or its encoding cannot be cut.

    They hold clear values, so they are kept in memory where the system allows it.

    Args:
        path: the file.
        table: whose format and header it has.
        rows: how many rows are wanted.
        folder: private; for systems without files in memory.

    Raises:
        OSError: it cannot be read.
    """
    start = b""
    if table.format in ("csv", "jsonl"):
        start = _first_lines(path, table, rows)
    elif table.format == "parquet":
        start = _first_row_groups(path, rows)
    if not start:
        yield Head(path, True)
        return
    with _in_memory(start, folder) as place:
        yield Head(place, False)


def _first_lines(path: Path, table: Table, rows: int) -> bytes:
    """The text of the first rows, unpacked; empty where all of it is wanted, or where it cannot be cut."""
    wanted = rows + table.skip_rows + table.has_header
    taken = bytearray()
    try:
        with open_text(path) as file:
            while block := file.read(_BLOCK):
                if not taken and _cannot_be_cut(block, table):
                    return b""
                taken += block
                sign = b"\n" if b"\n" in taken else b"\r"
                if taken.count(sign) > wanted or len(taken) > _MOST_BYTES:
                    return _cut(bytes(taken), sign, wanted)
    except (EOFError, ValueError, Unreadable):
        return b""  # damaged: its reader says how
    except OSError:
        if is_packed(path):
            return b""
        raise
    return b""


def _cannot_be_cut(start: bytes, table: Table) -> bool:
    encoding = marked(start) or table.encoding.lower().replace("_", "-") or unmarked_wide(start) or ""
    if encoding.startswith(_WIDE):
        return True
    # an array or indented documents under the name of JSON lines are read as a whole
    first = start.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")[0].rstrip()
    return table.format == "jsonl" and not (first.startswith(b"{") and first.endswith(b"}"))


def _cut(text: bytes, sign: bytes, wanted: int) -> bytes:
    """The first lines, and those that a quoted value goes on over."""
    end, odd = 0, 0
    best = 0
    for number in range(wanted + _LONGEST_VALUE):
        following = text.find(sign, end) + 1
        if not following:
            break
        odd ^= text.count(b'"', end, following) & 1
        end = following
        if number + 1 == wanted:
            best = end
        if number + 1 >= wanted and not odd:
            return text[:end]
    return text[: best or end or len(text)]


def _first_row_groups(path: Path, rows: int) -> bytes:
    """A Parquet file of the first rows; empty where the file has no more, or cannot be read: its reader says why."""
    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows <= rows:
                return b""
            batch = next(file.iter_batches(batch_size=rows))
            into = io.BytesIO()
            pq.write_table(pa.Table.from_batches([batch]), into)
            return into.getvalue()
    except (pa.ArrowException, StopIteration, ValueError):
        return b""


@contextmanager
def _in_memory(content: bytes, folder: Path) -> Iterator[Path]:
    try:
        descriptor = os.memfd_create("sample")
    except (AttributeError, OSError):  # not every system has them
        descriptor = -1
    if descriptor < 0:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(content)
            file.flush()
            yield Path(file.name)
        return
    with os.fdopen(descriptor, "wb") as memory:
        memory.write(content)
        memory.flush()
        yield Path(f"/proc/self/fd/{descriptor}")
