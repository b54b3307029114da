"""Counting in text files without decoding them: lines, quotes, delimiters."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ingestion.readers import read_limits
from ingestion.readers.parsed_file import Incomplete, Unreadable

CHUNK_BYTES = 1 << 22
_TAIL = 256  # bytes of the end that are looked at for blank lines


@dataclass(frozen=True)
class Scan:
    """What a pass over a text file found.

    Attributes:
        encoding: Python codec that decodes it.
        newline: line end: LF (a CR before it belongs to it), or CR for old Mac files, where each of CR, LF and both
            together is one.
        lines: lines, the last one also when it lacks its line end.
        has_quotes: whether a double quote occurs at all.
        has_open_lines: whether a line has an odd number of quotes, as where a quoted field goes over lines.
        trailing_blanks: empty lines at the end of the file.
        has_bare_returns: whether a CR occurs without LF after it in a file of LF lines.
        has_broken_bytes: whether bytes occur that are no characters; each becomes a lone surrogate.
    """

    encoding: str
    newline: str
    lines: int
    has_quotes: bool
    has_open_lines: bool
    trailing_blanks: int
    has_bare_returns: bool
    has_broken_bytes: bool

    @property
    def is_utf8(self) -> bool:
        """Whether DuckDB can read the file as it is."""
        return self.encoding == "utf-8-sig" and not self.has_broken_bytes


class Counts:
    """Sums over the blocks of a text.

    Args:
        newline: LF, or CR where any line end counts.
    """

    def __init__(self, newline: str) -> None:
        self._newline = newline
        self._feeds = self._returns = self._pairs = 0
        self._quotes = self._odd = 0
        self._has_open_lines = False
        self._since_line_end = 0
        self._tail = b""

    def add(self, block: bytes) -> None:
        """Count a block.

        Raises:
            Unreadable: a line is longer than the limit.
        """
        if not block:
            return
        feeds = block.count(b"\n")
        self._pairs += self._tail[-1:] == b"\r" and block[:1] == b"\n"
        if b"\r" in block:
            self._returns += block.count(b"\r")
            self._pairs += block.count(b"\r\n")
        self._measure(block)
        self._feeds += feeds
        if b'"' in block:
            self._quotes += 1
            self._count_quotes(block)
        elif self._odd and feeds:
            self._has_open_lines = True
        self._tail = (self._tail + block[-_TAIL:])[-_TAIL:]

    def _count_quotes(self, block: bytes) -> None:
        """Whether a line has an odd number of quotes; carries what the last, unfinished line has."""
        if self._has_open_lines:
            return
        signs = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(signs == 10)
        quotes = np.flatnonzero(signs == 34)
        before = np.searchsorted(quotes, ends) + self._odd
        self._has_open_lines = bool((before % 2).any())
        self._odd = (len(quotes) + self._odd) % 2

    def _measure(self, block: bytes) -> None:
        signs = (b"\n", b"\r") if self._newline == "\r" else (b"\n",)
        first = min((at for sign in signs if (at := block.find(sign)) >= 0), default=len(block))
        if self._since_line_end + first > read_limits.LONGEST_LINE:
            total = self._feeds + (self._returns - self._pairs if self._newline == "\r" else 0)
            raise Unreadable(f"line {total + 1} is longer than {read_limits.LONGEST_LINE >> 20} MB")
        last = max(block.rfind(sign) for sign in signs)
        self._since_line_end = len(block) - last - 1 if last >= 0 else self._since_line_end + len(block)

    def scan(self, encoding: str, has_broken_bytes: bool) -> Scan:
        """The sums as a `Scan`.

        Raises:
            Unreadable: there was no character at all.
        """
        if not self._tail:
            raise Unreadable("empty file")
        any_end = self._newline == "\r"
        ends = self._feeds + (self._returns - self._pairs if any_end else 0)
        total = ends + (not self._tail.endswith((b"\n", b"\r") if any_end else b"\n"))
        ending = self._tail[len(self._tail.rstrip(b"\r\n")) :]
        return Scan(
            encoding=encoding,
            newline=self._newline,
            lines=total,
            has_quotes=self._quotes > 0,
            has_open_lines=self._has_open_lines or self._odd > 0,
            trailing_blanks=max(ending.count(b"\n") - 1, 0),
            has_bare_returns=not any_end and self._returns > self._pairs,
            has_broken_bytes=has_broken_bytes,
        )


def delimiters(path: Path, delimiter: str, skipped: int, has_quotes: bool) -> int:
    """How many delimiters stand outside quotes below the first `skipped` lines, where quotes close in their line."""
    sign = ord(delimiter)
    found = 0
    with open_text(path) as file:
        for _ in range(skipped):
            file.readline()
        is_open = False
        while block := read_block(file):
            signs = np.frombuffer(block, np.uint8)
            if has_quotes and (is_open or b'"' in block):
                inside = np.logical_xor.accumulate(signs == 34) ^ is_open
                found += int(np.count_nonzero((signs == sign) & ~inside))
                is_open = bool(inside[-1])
            else:
                found += int(np.count_nonzero(signs == sign))
    return found


def is_packed(path: Path) -> bool:
    """Whether it is a gzip file by its name."""
    return path.name.lower().endswith(".gz")


def open_text(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked where it is a gzip file."""
    return cast(BinaryIO, gzip.open(path, "rb")) if is_packed(path) else path.open("rb")


def read_block(file: BinaryIO, size: int = CHUNK_BYTES) -> bytes:
    """Up to `size` bytes; none at the end.

    Raises:
        Incomplete: a gzip file that ends in the middle.
        Unreadable: no gzip file.
    """
    try:
        return file.read(size)
    except EOFError as short:
        raise Incomplete("the gzip file ends in the middle") from short
    except (gzip.BadGzipFile, zlib.error) as bad:
        raise Unreadable(f"not a gzip file: {bad}") from bad
