"""Text files, decoded: which encoding, how many lines, and the lines themselves."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingestion.readers import read_limits
from ingestion.readers.parsed_file import Unreadable
from ingestion.readers.text_counts import CHUNK_BYTES, Counts, Scan, is_packed, open_text, read_block
from ingestion.readers.text_encoding import TOLERANT, has_broken_bytes, marked, tell, unmarked_wide

_SAMPLE_BYTES = 1 << 18
_FEW_LINES = 20  # one of so many
_OTHER_KINDS = {
    b"\x1f\x8b": "a gzip file; its name must end in .gz, packed once",
    b"PK\x03\x04": "a zip archive or a workbook; unpack it, or call it .xlsx",
    b"\xd0\xcf\x11\xe0": "a workbook of the old format; call it .xls",
    b"PAR1": "a Parquet file; call it .parquet",
    b"%PDF": "a PDF",
}
_TOO_MANY_LINES = 1 << 40  # more than fit into the sample
# encodings in which line ends and quotes are single bytes that are part of no other character
_COUNTED_AS_BYTES = ("utf-8-sig", "gb18030", "big5hkscs")
_FIRST_LINE_END = re.compile(r'(?:[^"\r\n]|"[^"]*")*+(\r\n|\n|\r)')
_ANY_LINE_END = re.compile(r"\r\n|\n|\r")


def scan(path: Path, encoding: str = "", known_headers: Iterable[str] = ()) -> Scan:
    """Decode the whole file and count.

    Args:
        path: the file, plain or gzip.
        encoding: the declared one; empty: it is told by its mark, its validity and its plausibility.
        known_headers: names that the contract expects, which help to tell.

    Raises:
        Unreadable: empty, no encoding fits, or beyond the limits.
        Incomplete: a gzip file that ends in the middle.
    """
    with open_text(path) as file:
        start = read_block(file, 4096)
    if not start:
        raise Unreadable("empty file")
    for sign, kind in _OTHER_KINDS.items():
        if start.startswith(sign):
            raise Unreadable(f"no text but {kind}")
    told = marked(start) or _python_name(encoding) or unmarked_wide(start)
    if told is not None and told != "utf-8-sig":
        return _scan_wide(path, told) if told.startswith(("utf-16", "utf-32")) else _count(path, told, TOLERANT)
    try:
        return _count(path, "utf-8-sig", "strict")
    except UnicodeDecodeError:
        sample, odd_lines = (b"", 0) if told else _sample(path)
    try:
        found = told or tell(sample, known_headers)
    except Unreadable:
        # where hardly a line is in doubt, those lines are kept aside and not the file
        as_utf_8 = _count(path, "utf-8-sig", TOLERANT)
        if odd_lines * _FEW_LINES > as_utf_8.lines:
            raise
        return as_utf_8
    return _count(path, "utf-8-sig" if found == "utf-8" else found, TOLERANT)


def chunks(path: Path, found: Scan) -> Iterator[str]:
    """The text in pieces of some megabytes; bytes that are no characters come as lone surrogates."""
    decoder = codecs.getincrementaldecoder(found.encoding)(TOLERANT)
    with open_text(path) as file:
        while block := read_block(file, CHUNK_BYTES):
            yield decoder.decode(block)
    yield decoder.decode(b"", True)


def lines(path: Path, found: Scan) -> Iterator[tuple[str, str]]:
    """The lines in order, each with its end apart; the end of the last one is empty where it has none."""
    split = _lf_lines if found.newline == "\n" else _any_lines
    rest = ""
    for chunk in chunks(path, found):
        pieces, rest = split(rest + chunk)
        yield from pieces
    if rest:
        pieces, rest = split(f"{rest}\n")
        yield from ((text, "" if end == "\n" else end[:-1]) for text, end in pieces)


def _lf_lines(text: str) -> tuple[Iterator[tuple[str, str]], str]:
    complete = text.split("\n")
    rest = complete.pop()
    if "\r" not in text:
        return ((line, "\n") for line in complete), rest
    return ((line[:-1], "\r\n") if line.endswith("\r") else (line, "\n") for line in complete), rest


def _any_lines(text: str) -> tuple[Iterator[tuple[str, str]], str]:
    pieces: list[tuple[str, str]] = []
    at = 0
    for end in _ANY_LINE_END.finditer(text):
        if end.group() == "\r" and end.end() == len(text):
            break  # an LF may follow in the next piece
        pieces.append((text[at : end.start()], end.group()))
        at = end.end()
    return iter(pieces), text[at:]


def _python_name(encoding: str) -> str | None:
    name = encoding.lower().replace("_", "-")
    if name in ("gbk", "cp936", "gb2312"):
        return "gb18030"  # which holds them all
    if name in ("big5", "cp950"):
        return "big5hkscs"
    return "utf-8-sig" if name in ("utf-8", "utf8") else name or None


def _scan_wide(path: Path, encoding: str) -> Scan:
    try:
        return _count(path, encoding, "strict")
    except UnicodeDecodeError as bad:
        raise Unreadable(f"not readable as {encoding.upper()}: bytes that are no characters") from bad


def _sample(path: Path) -> tuple[bytes, int]:
    """Lines with bytes beyond ASCII from the whole file, up to a limit, and how many those are."""
    sample: list[bytes] = []
    size, rest = 0, b""
    with open_text(path) as file:
        while size < _SAMPLE_BYTES and (block := read_block(file, CHUNK_BYTES)):
            complete = (rest + block).replace(b"\r", b"\n").split(b"\n")
            rest = complete.pop()
            for line in complete:
                if not line.isascii() and size < _SAMPLE_BYTES:
                    sample.append(line)
                    size += len(line)
    sample += [] if rest.isascii() else [rest]
    return b"\n".join(sample), len(sample) if size < _SAMPLE_BYTES else _TOO_MANY_LINES


def _count(path: Path, encoding: str, errors: str) -> Scan:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    newline = _newline(path, encoding)
    counts = Counts(newline)
    as_bytes = encoding in _COUNTED_AS_BYTES
    packed = path.stat().st_size if is_packed(path) else None
    read = 0
    broken = False
    with open_text(path) as file:
        while block := read_block(file, CHUNK_BYTES):
            read += len(block)
            if packed is not None and read > max(read_limits.MOST_UNPACKED, packed * read_limits.TIGHTEST_PACKING):
                raise Unreadable(
                    f"unpacks to more than {read_limits.MOST_UNPACKED >> 30} GB; split it or leave it unpacked"
                )
            if not as_bytes or not block.isascii() or decoder.getstate()[0]:
                text = decoder.decode(block)
                broken = broken or (errors == TOLERANT and has_broken_bytes(text))
                if not as_bytes:
                    # counted in UTF-8, where the signs are single bytes
                    block = text.encode("utf-8", "surrogateescape")
            counts.add(block)
    text = decoder.decode(b"", True)
    broken = broken or (errors == TOLERANT and has_broken_bytes(text))
    if not as_bytes:
        counts.add(text.encode("utf-8", "surrogateescape"))
    return counts.scan(encoding, broken)


def _newline(path: Path, encoding: str) -> str:
    """CR when the first line end outside quotes is one without LF."""
    decoder = codecs.getincrementaldecoder(encoding)(TOLERANT if not encoding.startswith("utf-") else "replace")
    with open_text(path) as file:
        text = decoder.decode(read_block(file, CHUNK_BYTES))
    found = _FIRST_LINE_END.match(text)
    first = found.group(1) if found else next(iter(_ANY_LINE_END.findall(text)), "\n")
    return "\r" if first == "\r" else "\n"
