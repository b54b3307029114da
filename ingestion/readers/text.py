"""Text files, strictly decoded: which encoding, how many lines, and the lines themselves."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import AnyStr, BinaryIO, cast

from ingestion.raw import Incomplete, Unreadable

_CHUNK_BYTES = 1 << 22
_TAIL = 256  # characters of the end that are looked at for blank lines
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Scan:
    """What a strict pass over a text file found.

    Attributes:
        encoding: Python codec that decodes all of it: utf-8-sig, gb18030, or utf-16 when it starts with such a mark.
        newline: line end, LF (a CR before it belongs to it) or a bare CR for old Mac files.
        lines: lines, the last one also when it lacks its line end.
        has_quotes: whether a double quote occurs at all.
        trailing_blanks: empty lines at the end of the file.
        has_bare_returns: whether a CR occurs without LF after it in a file of LF lines.
    """

    encoding: str
    newline: str
    lines: int
    has_quotes: bool
    trailing_blanks: int
    has_bare_returns: bool

    @property
    def is_utf8(self) -> bool:
        """Whether DuckDB can read the file as it is."""
        return self.encoding == "utf-8-sig"


def scan(path: Path) -> Scan:
    """Decode the whole file strictly and count.

    Raises:
        Unreadable: empty, or no encoding fits.
        Incomplete: a gzip file that ends in the middle.
    """
    with _open(path) as file:
        start = _read(file, 4)
    if not start:
        raise Unreadable("empty file")
    encodings = ("utf-16",) if start[:2] in _UTF_16_MARKS else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return _count(path, encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(f"not readable as {' or '.join(encodings)}: bytes that are no characters")


def chunks(path: Path, encoding: str) -> Iterator[str]:
    """The text in pieces of some megabytes, strictly decoded."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with _open(path) as file:
        while block := _read(file, _CHUNK_BYTES):
            yield decoder.decode(block)
    yield decoder.decode(b"", True)


def lines(path: Path, found: Scan) -> Iterator[str]:
    """The lines in order, without their ends."""
    rest = ""
    for chunk in chunks(path, found.encoding):
        rest += chunk
        complete = rest.split(found.newline)
        rest = complete.pop()
        yield from _bare(complete, found.newline)
    if rest:
        yield from _bare([rest], found.newline)


def _bare(complete: list[str], newline: str) -> Iterator[str]:
    if newline == "\n":
        return (line[:-1] if line.endswith("\r") else line for line in complete)
    return iter(complete)


def _count(path: Path, encoding: str) -> Scan:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    counts = _Counts()
    with _open(path) as file:
        while block := _read(file, _CHUNK_BYTES):
            if encoding == "utf-16":
                counts.add(decoder.decode(block), "\n", "\r", "\r\n", '"')
                continue
            if not block.isascii() or decoder.getstate()[0]:
                decoder.decode(block)
            # in UTF-8 and GB18030 these signs are single bytes that are part of no other character
            counts.add(block, b"\n", b"\r", b"\r\n", b'"')
    decoder.decode(b"", True)
    return counts.scan(encoding)


class _Counts:
    """Sums over the pieces of a text, each either text or bytes."""

    def __init__(self) -> None:
        self._feeds = self._returns = self._pairs = 0
        self._quotes = False
        self._tail = ""

    def add(self, piece: AnyStr, feed: AnyStr, carriage: AnyStr, pair: AnyStr, quote: AnyStr) -> None:
        """Count a piece; the marks come in the piece's own type."""
        if not piece:
            return
        self._feeds += piece.count(feed)
        if carriage in piece:
            self._returns += piece.count(carriage)
            self._pairs += piece.count(pair)
        self._pairs += self._tail[-1:] == "\r" and piece[:1] == feed
        self._quotes = self._quotes or quote in piece
        end = piece[-_TAIL:]
        self._tail = (self._tail + (end if isinstance(end, str) else end.decode("latin-1")))[-_TAIL:]

    def scan(self, encoding: str) -> Scan:
        """The sums as a `Scan`.

        Raises:
            Unreadable: there was no character at all.
        """
        if not self._tail:
            raise Unreadable("empty file")
        newline = "\r" if self._returns and not self._feeds else "\n"
        total = (self._returns if newline == "\r" else self._feeds) + (not self._tail.endswith(newline))
        ending = self._tail[len(self._tail.rstrip("\r\n")) :]
        blanks = max(ending.count(newline) - 1, 0)
        bare = newline == "\n" and self._returns > self._pairs
        return Scan(encoding, newline, total, self._quotes, blanks, bare)


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except EOFError as short:
        raise Incomplete("the gzip file ends in the middle") from short
    except (gzip.BadGzipFile, zlib.error) as bad:
        raise Unreadable(f"not a gzip file: {bad}") from bad
