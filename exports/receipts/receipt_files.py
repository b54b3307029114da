"""Receipt files: `landing/receipts/<destination>/<file>`, read in bounded memory, whoever wrote what into them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from exports.receipts.parse_line import clean
from stores.redaction.text_redaction import redact_line
from stores.unfinished_files import is_unfinished

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv")
LONGEST_LINE = 65_536
MOST_BYTES = 1 << 30
MOST_BYTES_OF_A_DOCUMENT = 64 << 20
MOST_LINES = 5_000_000
_CHUNK = 1 << 20
_STILL_WRITTEN_SECONDS = 600
_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)


class Unreadable(Exception):
    """A file that cannot be read, or not to its end; the message says why and what to do."""


@dataclass(frozen=True)
class ReceiptFile:
    """One file of the landing folder.

    Attributes:
        path: where it is.
        name: the same within `landing/receipts/`, cleaned for screen and log.
        destination: whose folder it is in; None directly in `landing/receipts/`.
    """

    path: Path
    name: str
    destination: str | None

    @property
    def is_table(self) -> bool:
        """Whether it is CSV."""
        return _plain_name(self.path).endswith(".csv")


def find_files(folder: Path, destinations: set[str]) -> tuple[list[ReceiptFile], dict[str, str]]:
    """The receipt files of a landing folder, and what else is there.

    Args:
        folder: `landing/receipts`.
        destinations: the destinations that a folder may be named after.

    Returns:
        The files by name, and by name why others are not read. Hidden files and drafts are in neither.
    """
    files: list[ReceiptFile] = []
    unread: dict[str, str] = {}
    for path in _listed(folder, unread, "receipts"):
        name = _shown(path)
        if not stat.S_ISDIR(path.lstat().st_mode):
            _sort(path, name, None, files, unread)
        elif path.name not in destinations:
            known = ", ".join(sorted(destinations)) or "none"
            unread[f"{name}/"] = f"no destination has this name (there are: {known})"
        else:
            for inner in _listed(path, unread, name):
                _sort(inner, f"{name}/{_shown(inner)}", path.name, files, unread)
    return files, unread


def _shown(path: Path) -> str:
    """A name for screen and log: a tool may put anything into it."""
    return redact_line(clean(path.name))


def _listed(folder: Path, unread: dict[str, str], name: str) -> list[Path]:
    if folder.is_symlink():
        unread[f"{name}/"] = "a link; links are not followed"
        return []
    if not folder.exists():
        return []
    try:
        return sorted(path for path in folder.iterdir() if not is_unfinished(path))
    except OSError as failed:
        unread[f"{name}/"] = f"cannot be listed: {failed.strerror}"
        return []


def _sort(path: Path, name: str, destination: str | None, files: list[ReceiptFile], unread: dict[str, str]) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        unread[name] = "a link; links are not followed"
    elif stat.S_ISDIR(mode):
        unread[f"{name}/"] = "a folder within a destination's folder; put the files beside it"
    elif not stat.S_ISREG(mode):
        unread[name] = "not a regular file"
    elif not _plain_name(path).endswith(SUFFIXES):
        unread[name] = f"its name ends on none of {', '.join(SUFFIXES)}, each also with .gz"
    else:
        files.append(ReceiptFile(path, name, destination))


def _plain_name(path: Path) -> str:
    return path.name.casefold().removesuffix(".gz")


def file_id(file: ReceiptFile) -> tuple[str, int]:
    """What makes a file the same file whatever its name, and its size in bytes.

    Raises:
        Unreadable: it is too large, or cannot be opened.
    """
    digest = hashlib.sha256(f"{file.destination}\0".encode() if file.destination else b"")
    with _opened(file.path) as raw:
        size = os.fstat(raw.fileno()).st_size
        if size > MOST_BYTES:
            raise Unreadable(f"larger than {MOST_BYTES >> 20} MB; split it")
        while chunk := raw.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest(), size


def is_still_written(file: ReceiptFile) -> bool:
    """Whether the file seems to be in the middle of being written: it changed a moment ago and its end is missing."""
    if time.time() - file.path.lstat().st_mtime >= _STILL_WRITTEN_SECONDS:
        return False
    name = _plain_name(file.path)
    try:
        with _unpacked(file.path) as stream:
            tail = stream.read(LONGEST_LINE)
            total = len(tail)
            while chunk := stream.read(_CHUNK):
                total += len(chunk)
                if total > MOST_BYTES:
                    return False
                tail = (tail + chunk)[-LONGEST_LINE:]
    except EOFError:
        return True
    except (OSError, zlib.error):
        return False
    if tail.rstrip().endswith((b"]", b"}")) or not name.endswith((".jsonl", ".ndjson", ".json")):
        return False
    last = tail.rpartition(b"\n")[2]
    return name.endswith(".json") or (bool(last.strip()) and not _is_json(last))


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def read_lines(file: ReceiptFile) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, or the members of its JSON document, with their numbers from 1.

    A line that is longer than `LONGEST_LINE` comes cut, one byte over.

    Raises:
        Unreadable: in the middle, where the file cannot be read on; what came before is good.
    """
    try:
        members = _document(file)
        if members is not None:
            yield from ((number, member[: LONGEST_LINE + 1]) for number, member in enumerate(members, start=1))
        else:
            with _unpacked(file.path) as stream:
                yield from _lines(stream)
    except EOFError as cut:
        raise Unreadable("the compressed file is cut off; what came before the cut is taken") from cut
    except (OSError, zlib.error) as broken:
        raise Unreadable(f"cannot be read on: {clean(str(broken))[:200]}") from broken


def _document(file: ReceiptFile) -> list[bytes] | None:
    """The members of a file that is one JSON document; None for one with an event a line."""
    name = _plain_name(file.path)
    begins_with = b"[{" if name.endswith(".json") else b"["
    with _unpacked(file.path) as stream:
        data = stream.read(LONGEST_LINE).removeprefix(_BOM)
        if name.endswith(".csv") or data.lstrip()[:1] not in {bytes([sign]) for sign in begins_with}:
            return None
        data += stream.read(MOST_BYTES_OF_A_DOCUMENT)
    if len(data) > MOST_BYTES_OF_A_DOCUMENT:
        return None
    # A line may begin like a document, however broken: the reading that finds more events and less else counts.
    members = list(_members(data))
    return members if _sense(members) > _sense(data.split(b"\n")) else None


def _sense(pieces: list[bytes]) -> tuple[int, int]:
    """How many pieces are objects, and (negative) how many are something else."""
    objects = sum(map(_is_object, pieces))
    return objects, objects - sum(bool(piece.strip()) for piece in pieces)


def _is_object(text: bytes) -> bool:
    try:
        return text.strip()[:1] == b"{" and isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    total = 0
    for number in range(1, MOST_LINES + 2):
        line = stream.readline(LONGEST_LINE + 1)
        if not line:
            return
        if number > MOST_LINES:
            raise Unreadable(f"more than {MOST_LINES:,} lines; the first ones are taken, split the file")
        yield number, line.removeprefix(_BOM) if number == 1 else line
        total += len(line)
        rest = line if len(line) > LONGEST_LINE else b"\n"
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(_CHUNK)
            total += len(rest)
            if total > MOST_BYTES:
                break
        if total > MOST_BYTES:
            raise Unreadable(f"more than {MOST_BYTES >> 20} MB unpacked; what came before is taken, split the file")


def _members(document: bytes) -> Iterator[bytes]:
    """The members of an array, or the objects of a document that has several; each by itself, however broken."""
    in_array = document.lstrip()[:1] == b"["
    depth = start = 0
    for token in _TOKEN.finditer(document):
        sign = token.group()
        if sign in (b"[", b"{"):
            depth += 1
            if in_array and depth == 1:
                start = token.end()
        elif sign in (b"]", b"}"):
            depth -= 1
            if in_array and depth == 0:
                yield document[start : token.start()]
                start = token.end()
            elif not in_array and depth == 0:
                yield document[start : token.end()]
                start = token.end()
        elif sign == b"," and in_array and depth == 1:
            yield document[start : token.start()]
            start = token.end()
    yield document[start:]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A regular file, opened without following links or waiting for a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as failed:
        raise Unreadable(f"cannot be opened: {failed.strerror}") from failed
    with os.fdopen(descriptor, "rb") as raw:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable("not a regular file")
        yield raw


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    with _opened(path) as raw:
        if path.name.casefold().endswith(".gz"):
            with gzip.GzipFile(fileobj=raw) as stream:
                yield cast("IO[bytes]", stream)
        else:
            yield raw
