"""From lines to rows: what a strict CSV parser makes of them, and what is lost where it would give up.

Python's own parser decides, in strict mode. Where it finds the file malformed (a quote that is never closed, text
behind a closing quote), the row that starts there is kept aside and reading goes on with the next line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ingestion.readers import read_limits
from ingestion.readers.text_encoding import REPLACEMENT, has_broken_bytes

WHITESPACE = "whitespace"
_SHORTEST_TELLING_WIDTH = 4  # so many fields by chance in a line within a quoted text are not to be expected
_MOST_LINES_OF_A_BROKEN_ROW = 100
_LONGEST_BROKEN_ROW = 1 << 16

UNCLOSED = "a quote is opened and never closed"
OUTSIDE = "text outside the quotes of a field"
NO_CHARACTERS = "bytes that are no characters of the file's encoding"

Line = tuple[str, str]  # text and line end

csv.field_size_limit(read_limits.LONGEST_LINE)


@dataclass(frozen=True)
class Row:
    """What a row is made of.

    Attributes:
        span: how many lines it takes.
        fields: its fields; None where it is broken.
        reason: why it is broken.
        hides_rows: lines within it that would be rows of their own, had the quote not been opened before them.
    """

    span: int
    fields: list[str] | None
    reason: str = ""
    hides_rows: int = 0


class NeedsMoreLines(Exception):
    """The row is not closed in the lines at hand."""


def is_blank(text: str, delimiter: str, width: int) -> bool:
    """Whether a line holds nothing at all, not even a delimiter."""
    if width == 1 and delimiter != WHITESPACE:
        return not text
    return not text.strip() and (delimiter == WHITESPACE or delimiter not in text)


def split_row(text: str, delimiter: str, width: int) -> list[str] | None:
    """The fields of a text that is one whole row; None when it is none, or holds characters that were lost."""
    if REPLACEMENT in text:
        return None
    if delimiter == WHITESPACE:
        fields: list[str] | None = text.split()
    else:
        fields = _parsed(text, delimiter)
    return fields if fields is not None and len(fields) == width else None


def plain_row(text: str, delimiter: str, width: int) -> Row:
    """The row of a line without quotes."""
    fields = text.split() if delimiter == WHITESPACE else text.split(delimiter)
    if has_broken_bytes(text):
        return Row(1, None, NO_CHARACTERS)
    if len(fields) == width:
        return Row(1, fields)
    return Row(1, None, _wrong_width(len(fields), width))


def quoted_row(lines: Sequence[Line], at: int, delimiter: str, width: int, is_end: bool) -> Row:
    """The row that starts with line `at`, which has quotes.

    Args:
        lines: the lines at hand.
        at: index of the first line of the row.
        delimiter: between fields.
        width: fields of a row.
        is_end: whether no lines follow those at hand.

    Raises:
        NeedsMoreLines: the row is not closed yet, and more lines may follow.
    """
    taken = _Taken(lines, at)
    reader = csv.reader(taken, delimiter=delimiter, strict=True)
    try:
        fields = next(reader)
    except csv.Error as bad:
        if taken.is_exhausted and not is_end:
            raise NeedsMoreLines from None
        if "new-line" in str(bad):
            return Row(1, None, "a carriage return outside quotes")
        return _broken(lines, at, delimiter, width, UNCLOSED if taken.is_exhausted or taken.is_too_long else OUTSIDE)
    span = reader.line_num
    if span > 1 and len(fields) != width and _is_unclosed(lines, at, span, delimiter, width):
        return Row(1, None, UNCLOSED)
    if any(has_broken_bytes(field) for field in fields):
        return Row(span, None, NO_CHARACTERS)
    if len(fields) != width:
        return Row(span, None, _wrong_width(len(fields), width))
    return Row(span, fields, hides_rows=_rows_within(lines, at, span, delimiter, width) if span > 1 else 0)


class _Taken(Iterator[str]):
    """Lines from one on for the parser, until the row would be too long."""

    def __init__(self, lines: Sequence[Line], at: int) -> None:
        self._lines, self._at, self._left = lines, at, read_limits.LONGEST_LINE
        self.is_exhausted = self.is_too_long = False

    def __next__(self) -> str:
        if self._at == len(self._lines):
            self.is_exhausted = True
            raise StopIteration
        text, end = self._lines[self._at]
        self._at += 1
        self._left -= len(text) + 1
        if self._left < 0:
            self.is_too_long = True
            raise StopIteration
        return text + end


def _broken(lines: Sequence[Line], at: int, delimiter: str, width: int, reason: str) -> Row:
    """A malformed row: as many lines as it takes with its stray quotes taken for text, else its first line."""
    if reason == OUTSIDE:
        span = _loose_span(lines, at, delimiter, width)
        if span:
            return Row(span, None, OUTSIDE)
        # the stray quote may as well be the end of a field that was opened by mistake further up
        if lines[at][0].count('"') % 2:
            reason = UNCLOSED
    return Row(1, None, reason)


def _loose_span(lines: Sequence[Line], at: int, delimiter: str, width: int) -> int:
    """Lines of the row that stray quotes within its fields make malformed; 0 when no such row is there."""
    loose, tidy = _patterns(delimiter, width)
    if loose.match(f"{lines[at][0]}\n"):
        return 1
    texts = [f"{text}\n" for text, _ in lines[at + 1 : at + _MOST_LINES_OF_A_BROKEN_ROW]]
    if not texts or tidy.match(texts[0]):
        return 0
    found = loose.match(f"{lines[at][0]}\n{''.join(texts)}"[:_LONGEST_BROKEN_ROW])
    span = found.group().count("\n") if found else 0
    # a row that starts in between would be swallowed
    return 0 if any(tidy.match("".join(texts[line:])) for line in range(span - 1)) else span


@cache
def _patterns(delimiter: str, width: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A row in which a quote closes a field only where a delimiter or the line's end follows; and a well-formed one."""
    sign = re.escape(delimiter)
    bare = rf'(?!")[^{sign}\n]*+'
    loose = rf'"(?:[^"]|""|"(?!{sign}|\n))*+"(?={sign}|\n)'
    tidy = r'"(?:[^"]|"")*+"'
    return _row_of(rf"(?:{loose}|{bare})", sign, width), _row_of(rf'(?:{tidy}|[^"{sign}\n]*+)', sign, width)


def _row_of(field: str, sign: str, width: int) -> re.Pattern[str]:
    return re.compile(rf"{field}(?:{sign}{field}){{{width - 1}}}\n")


def _is_unclosed(lines: Sequence[Line], at: int, span: int, delimiter: str, width: int) -> bool:
    """Whether a row of the wrong width is rather a whole row with a stray quote, closed by chance further down.

    So it is when its first line has the right number of fields with the quote taken for text, and every line that it
    swallows, one in between at least, is a row of its own.
    """
    first = lines[at][0]
    return (
        width >= _SHORTEST_TELLING_WIDTH
        and span > 2
        and first.count('"') == 1
        and first.count(delimiter) == width - 1
        and all(_is_row(text, delimiter, width) or not text for text, _ in lines[at + 1 : at + span])
    )


def _rows_within(lines: Sequence[Line], at: int, span: int, delimiter: str, width: int) -> int:
    if width < _SHORTEST_TELLING_WIDTH:
        return 0
    return sum(_is_row(text, delimiter, width) for text, _ in lines[at + 1 : at + span])


def _is_row(text: str, delimiter: str, width: int) -> bool:
    if text.count(delimiter) < width - 1:
        return False
    fields = _parsed(text, delimiter)
    return fields is not None and len(fields) == width


def _parsed(text: str, delimiter: str) -> list[str] | None:
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader(_with_ends(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _with_ends(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _wrong_width(found: int, width: int) -> str:
    return f"{found} fields instead of {width}"
