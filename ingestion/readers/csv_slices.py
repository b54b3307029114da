"""Slices of one big CSV file, so that its lines can be numbered on every core at once.

Numbering rows in file order keeps DuckDB on one core. A file without quotes can be cut at any line end: each slice
looks like a file of its own and is numbered on its own core from the number of lines before it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from fsspec import AbstractFileSystem

from ingestion.readers.parsed_file import Readable
from ingestion.readers.text_counts import Scan

SMALLEST_SLICE_BYTES = 16 << 20
_PROTOCOL = "guanxislice"
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Slice:
    """A piece of a file: the path under which DuckDB opens it, and how many lines of the file come before it."""

    path: str
    lines_before: int


class _Window(io.RawIOBase):
    """Bytes start to end of a file, readable and seekable."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._start, self._size = start, end - start
        self._file.seek(start)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = min(max(base + offset, 0), self._size)
        self._file.seek(self._start + self._at)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._at
        block = self._file.read(left if size < 0 else min(size, left)) if left else b""
        self._at += len(block)
        return block

    def close(self) -> None:
        self._file.close()
        super().close()


class _Slices(AbstractFileSystem):
    """The slices of one file as files 0, 1, … of a file system of their own."""

    protocol = _PROTOCOL
    cachable = False

    def __init__(self, path: Path, cuts: list[int]) -> None:
        super().__init__()
        self._path, self._cuts = path, cuts

    def _number(self, path: str) -> int:
        return int(str(path).rsplit("/", 1)[-1])

    def open(self, path: str, mode: str = "rb", **options: Any) -> _Window:
        """Open slice `path` for reading."""
        number = self._number(path)
        return _Window(self._path, self._cuts[number], self._cuts[number + 1])

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        """Size and type of slice `path`."""
        number = self._number(path)
        return {"name": path, "size": self._cuts[number + 1] - self._cuts[number], "type": "file"}

    def exists(self, path: str, **options: Any) -> bool:
        """Whether there is such a slice."""
        return 0 <= self._number(path) < len(self._cuts) - 1

    def glob(self, path: str, **options: Any) -> list[str]:
        """The one slice that `path` names."""
        return [path]

    def modified(self, path: str) -> Any:
        """When the file was last changed."""
        import datetime

        return datetime.datetime.fromtimestamp(self._path.stat().st_mtime, tz=datetime.UTC)


def sliced(connection: duckdb.DuckDBPyConnection, file: Readable, found: Scan, skipped: int) -> list[Slice] | None:
    """Cut a file into slices for the connection's threads; None when it is small, compressed or has quotes.

    Args:
        connection: where the slices are to be read; they stay readable under the returned paths.
        file: the file, UTF-8.
        found: its scan.
        skipped: lines at the top that belong to no slice.
    """
    threads = int(str(connection.execute("select current_setting('threads')").fetchall()[0][0]))
    count = min(threads, file.size // SMALLEST_SLICE_BYTES)
    if count < 2 or found.has_quotes or file.path.name.lower().endswith(".gz"):
        return None
    cuts, before = _cuts(file.path, count, skipped, file.size)
    if _PROTOCOL in connection.list_filesystems():
        connection.unregister_filesystem(_PROTOCOL)
    connection.register_filesystem(_Slices(file.path, cuts))
    return [Slice(f"{_PROTOCOL}://{number}", lines) for number, lines in enumerate(before)]


def _cuts(path: Path, count: int, skipped: int, size: int) -> tuple[list[int], list[int]]:
    """Byte positions of the cuts (the end included) and the number of lines before each slice."""
    cuts: list[int] = []
    before: list[int] = []
    with path.open("rb") as file:
        for _ in range(skipped):
            file.readline()
        top = file.tell()
        cuts.append(top)
        before.append(skipped)
        for number in range(1, count):
            file.seek(max(top + (size - top) * number // count, cuts[-1]))
            file.readline()
            cut = file.tell()
            if cut > cuts[-1] and cut < size:
                before.append(before[-1] + _newlines(path, cuts[-1], cut))
                cuts.append(cut)
    cuts.append(size)
    return cuts, before


def _newlines(path: Path, start: int, end: int) -> int:
    count = 0
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (block := file.read(min(_BLOCK, end - start))):
            count += block.count(b"\n")
            start += len(block)
    return count
