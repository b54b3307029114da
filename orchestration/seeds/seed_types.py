"""Whether the text of a seed's cell is a value of its column's type, the same for every engine."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isinf
from sys import float_info

_WHOLE = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
_DECIMAL = re.compile(r"^(?:decimal|numeric)\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)$")
_NUMBERS = ("double", "float", "real", "float8")


def type_problem(value: str, kind: str) -> str:
    """Why a value is none of a type, in words that follow the value; empty where it is one.

    Args:
        value: the cell, not empty.
        kind: the SQL type in lower case; of one that is not known here, every value is taken.
    """
    decimal = _DECIMAL.match(kind)
    if kind in ("boolean", "bool"):
        return "" if value.lower() in ("true", "false") else "is not true or false, written without blanks"
    if kind in _WHOLE:
        return _whole_number_problem(value, _WHOLE[kind])
    if decimal:
        return _number_problem(value, int(decimal.group(1)) - int(decimal.group(2)))
    if kind in _NUMBERS:
        return _number_problem(value)
    if kind == "date":
        return "" if _is_day(value) else "is no day; write YYYY-MM-DD, such as 2026-06-30"
    if kind.startswith("timestamp"):
        return "" if _is_moment(value) else "is no time; write YYYY-MM-DD HH:MM:SS, such as 2026-06-30 09:00:00"
    return ""


def _whole_number_problem(value: str, bits: int) -> str:
    if not re.fullmatch(r"-?[0-9]+", value):
        return "is not a whole number, written in digits without blanks"
    most = 2 ** (bits - 1) - 1
    return "" if abs(int(value)) <= most else f"is not between -{most} and {most}"


def _number_problem(value: str, most_whole: int | None = None) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or not re.fullmatch(r"[-+0-9.eE]+", value):
        return "is not a number, written such as 0.25, without blanks"
    if isinf(float(number)):
        return f"is beyond the largest number, {float_info.max:.2g}"
    if most_whole is not None and abs(number) >= Decimal(10) ** most_whole:
        return f"has more than {most_whole} digits before the point"
    return ""


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        return bool(datetime.fromisoformat(value))
    except ValueError:
        return False
