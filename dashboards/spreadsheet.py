"""Files that a spreadsheet opens: CSV in UTF-8 with a mark, in which no text is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from numbers import Number
from typing import Any

# What a spreadsheet takes for the beginning of a formula, or skips before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_file(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file.

    Args:
        header: names of the columns.
        lines: their cells; None is an empty cell, numbers stay numbers, also below zero.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_harmless(name) for name in header])
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def _harmless(value: Any) -> Any:
    if value is None or isinstance(value, Number):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
