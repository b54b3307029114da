"""The careful way through a CSV file: as a strict parser reads it, in batches that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.personal_data.encrypted_spool import Spool
from ingestion.readers.csv_lines import WHITESPACE, Line, NeedsMoreLines, is_blank, plain_row, quoted_row
from ingestion.readers.parsed_file import BrokenRow, Field, ParsedFile, Readable, spooled, text_rows
from ingestion.readers.text_counts import Scan
from ingestion.readers.text_encoding import has_broken_bytes, without_broken_bytes
from ingestion.readers.text_files import lines

_LINES_A_BATCH = 50_000
_CHARACTERS_A_BATCH = 8 << 20


def read_carefully(
    connection: duckdb.DuckDBPyConnection,
    file: Readable,
    found: Scan,
    header: list[str],
    delimiter: str,
    skipped: int,
    notes: list[str],
) -> ParsedFile:
    """Read a CSV file row by row where that is needed.

    Args:
        connection: keeps the rows.
        file: the file.
        found: its scan.
        header: field names.
        delimiter: between fields.
        skipped: lines above the first row.
        notes: what is already to be said about the file.
    """
    reading = _Reading(Spool(connection), delimiter, len(header))
    source = lines(file.path, found)
    for _ in range(skipped):
        next(source, None)
    number = skipped + 1
    left: list[Line] = []
    for batch, is_end in _batches(source):
        at_hand = left + batch
        done = reading.take(at_hand, number, is_end)
        number += done
        left = at_hand[done:]
    if number - 1 != max(found.lines, skipped):
        raise AssertionError(f"{file.name}: {number - 1} of {found.lines} lines were read")
    fields = [Field(field, f"f{index}") for index, field in enumerate(header)]
    rows = reading.parsed + len(reading.broken)
    return ParsedFile(
        fields, [spooled(reading.spool, len(header))], rows, reading.broken, header, notes + reading.notes()
    )


def _batches(source: Iterator[Line]) -> Iterator[tuple[list[Line], bool]]:
    """Batches of lines, and whether it is the last."""
    ahead = next(source, None)
    while ahead is not None:
        batch: list[Line] = []
        size = 0
        for line in chain([ahead], source):
            if len(batch) == _LINES_A_BATCH or size > _CHARACTERS_A_BATCH:
                ahead = line
                break
            batch.append(line)
            size += len(line[0])
        else:
            ahead = None
        yield batch, ahead is None


class _Reading:
    """Rows as they are found: into the spool, or among the broken ones."""

    def __init__(self, spool: Spool, delimiter: str, width: int) -> None:
        self.spool = spool
        self.parsed = 0
        self.broken: list[BrokenRow] = []
        self._delimiter, self._width = delimiter, width
        self._hiding: list[int] = []

    def take(self, at_hand: list[Line], first: int, is_end: bool) -> int:
        """Take the rows of some lines; returns how many lines, fewer where a row goes on behind the last.

        Args:
            at_hand: the lines.
            first: number of the first.
            is_end: whether these are the last.
        """
        texts = [text for text, _ in at_hand]
        plain = self._plain(texts)
        others = np.flatnonzero(~plain).tolist()
        rows: list[tuple[int, list[str]]] = []
        at = 0
        done = len(at_hand)
        for index in others:
            if index < at:
                continue
            try:
                span = self._one(at_hand, index, first + index, is_end, rows)
            except NeedsMoreLines:
                done = index
                plain[done:] = False
                break
            plain[index : index + span] = False
            at = index + span
        self._insert_plain(texts, plain, first)
        self._insert(rows)
        return done

    def notes(self) -> list[str]:
        """What is to be said about rows that were read."""
        if not self._hiding:
            return []
        more = f" (and so {len(self._hiding) - 1} more rows)" if len(self._hiding) > 1 else ""
        return [
            f"the row in line {self._hiding[0]} goes over lines that look like rows{more}: a quoted field holds them; "
            "if they are missed, a quote was left open there"
        ]

    def _one(
        self, at_hand: list[Line], index: int, number: int, is_end: bool, rows: list[tuple[int, list[str]]]
    ) -> int:
        """Take the row at an index; returns its number of lines."""
        text = at_hand[index][0]
        if is_blank(text, self._delimiter, self._width):
            return 1
        if '"' not in text or self._delimiter == WHITESPACE:
            row = plain_row(text, self._delimiter, self._width)
        else:
            row = quoted_row(at_hand, index, self._delimiter, self._width, is_end)
        if row.fields is not None:
            rows.append((number, row.fields))
            if row.hides_rows:
                self._hiding.append(number)
        else:
            whole = "".join(text + end for text, end in at_hand[index : index + row.span]).removesuffix("\n")
            self.broken.append(BrokenRow(number, row.reason, without_broken_bytes(whole.removesuffix("\r"))))
        return row.span

    def _plain(self, texts: list[str]) -> np.ndarray[Any, Any]:
        """Which lines are rows at first sight: no quote, and the right number of delimiters."""
        if self._delimiter == WHITESPACE:
            return np.zeros(len(texts), bool)
        try:
            array = pa.array(texts, pa.string())
        except UnicodeEncodeError:
            array = pa.array([None if has_broken_bytes(text) else text for text in texts], pa.string())
        right = pc.equal(pc.count_substring(array, self._delimiter), self._width - 1)
        plain = pc.and_(right, pc.invert(pc.match_substring(array, '"')))
        if self._width == 1:
            plain = pc.and_(plain, pc.not_equal(array, ""))
        return np.array(pc.fill_null(plain, False).to_numpy(zero_copy_only=False))

    def _insert_plain(self, texts: list[str], plain: np.ndarray[Any, Any], first: int) -> None:
        chosen = np.flatnonzero(plain)
        if not len(chosen):
            return
        kept = pa.array([texts[index] for index in chosen.tolist()], pa.string())
        cells = pc.split_pattern(kept, self._delimiter).flatten()
        columns = [cells.take(pa.array(np.arange(index, len(cells), self._width))) for index in range(self._width)]
        self._store(pa.array(chosen + first, pa.int64()), columns)

    def _insert(self, rows: list[tuple[int, list[str]]]) -> None:
        if rows:
            columns = [pa.array(column, pa.string()) for column in zip(*(fields for _, fields in rows), strict=True)]
            self._store(pa.array([number for number, _ in rows], pa.int64()), columns)

    def _store(self, numbers: pa.Array, columns: list[pa.Array]) -> None:
        self.spool.add(text_rows(numbers, columns))
        self.parsed += len(numbers)
