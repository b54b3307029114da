"""From lines to rows: which lines are rows, which open a row that goes on, and which are neither."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

WHITESPACE = "whitespace"
SHORTEST_TELLING_WIDTH = 4  # so many fields by chance in a line within a quoted text are not to be expected
_MOST_LINES_A_ROW = 500


def split_row(text: str, delimiter: str, width: int) -> list[str] | None:
    """The fields of one row, None when its quotes are malformed or it has not `width` fields."""
    if delimiter == WHITESPACE:
        fields: list[str] = text.split()
    elif '"' not in text:
        fields = text.split(delimiter)
    else:
        fields = parse_line(text, delimiter) or []
    return fields if len(fields) == width else None


def is_blank(text: str, delimiter: str) -> bool:
    """Whether a line holds nothing at all, not even a delimiter."""
    return not text.strip() and (delimiter == WHITESPACE or delimiter not in text)


def parse_line(text: str, delimiter: str) -> list[str] | None:
    """Fields of a text with quotes; None when they do not close."""
    if not re.search(rf'(?:^|{re.escape(delimiter)})"', text):
        return text.split(delimiter)  # no field starts with a quote: 5" is five inches
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def rows_of(
    numbered: Iterable[tuple[int, str]], delimiter: str, width: int
) -> Iterator[tuple[int, int, str, list[str] | None]]:
    """First line, number of lines, text and fields (None: broken or blank) of every row, in order."""
    source = iter(numbered)
    ahead: deque[tuple[int, str]] = deque()
    while True:
        if ahead:
            number, text = ahead.popleft()
        else:
            try:
                number, text = next(source)
            except StopIteration:
                return
        if is_blank(text, delimiter):
            yield number, 1, text, None
            continue
        fields = split_row(text, delimiter, width)
        if fields is None and '"' in text and delimiter != WHITESPACE and parse_line(text, delimiter) is None:
            joined = _joined(text, ahead, source, delimiter, width)
            if joined is not None:
                span, whole, fields = joined
                for _ in range(span - 1):
                    ahead.popleft()
                yield number, span, whole, fields
                continue
        yield number, 1, text, fields


def _joined(
    text: str, ahead: deque[tuple[int, str]], source: Iterator[tuple[int, str]], delimiter: str, width: int
) -> tuple[int, str, list[str]] | None:
    """The row that starts with this line and goes over several: lines, text and fields; None when there is none."""
    pieces = [text]
    open_quote = text.count('"') % 2
    if not open_quote:
        return None
    for position in range(_MOST_LINES_A_ROW):
        if position == len(ahead):
            following = next(source, None)
            if following is None:
                return None
            ahead.append(following)
        line = ahead[position][1]
        if width >= SHORTEST_TELLING_WIDTH and split_row(line, delimiter, width) is not None:
            return None  # a whole row would be swallowed: the quote was never closed
        pieces.append(line)
        if line.count('"') % 2:
            whole = "\n".join(pieces)
            fields = _parse_joined(whole, delimiter)
            return (len(pieces), whole, fields) if fields is not None and len(fields) == width else None
    return None


def _parse_joined(text: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def why_broken(text: str, delimiter: str, width: int) -> str:
    """What keeps a line from being a row."""
    fields = text.split() if delimiter == WHITESPACE else parse_line(text, delimiter)
    if fields is None:
        return "a quote is opened and never closed" if text.count('"') % 2 else "text outside the quotes of a field"
    return f"{len(fields)} fields instead of {width}"
