"""SQL that turns a text into a number, in the forms that people and systems write one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.contract.currency_signs import signs_of
from ingestion.contract.table import Column
from stores.duckdb_connection import literal

# what stands between the thousands of an amount beside `,` or `.`: 1 234, 1'234
_FURTHER_GROUPS = "[0-9]{1,3}( [0-9]{3})+|[0-9]{1,3}('[0-9]{3})+"
_BLANK, _APOSTROPHE = " ", "'"


def number(column: Column, text: str, home: Sequence[str] = ()) -> str:
    """SQL for the number; null where the text is none, or is in another currency than the column.

    Args:
        column: of type int, decimal or double.
        text: SQL expression of the value as text.
        home: currencies of a column that names none; without any no sign is read.
    """
    if not column.has_several_currencies:
        return _number(column, text, signs_of(column.currency or home))
    by_currency = ", ".join(_number(column, text, signs) for signs in _signs_by_currency(column).values())
    return f"case when {_number(column, text, [])} is null then coalesce({by_currency}) end"


def currency(column: Column, text: str) -> str:
    """SQL for the ISO code of the currency that an amount is written in; null where it says none of the column's."""
    cases = " ".join(
        f"when {_number(column, text, signs)} is not null then {literal(code)}"
        for code, signs in _signs_by_currency(column).items()
    )
    return f"case when {_number(column, text, [])} is not null then null {cases} end"


def with_point(column: Column, text: str, signs: Sequence[str] | None = None) -> str:
    """1.234,50 as 1234.50 where a comma is the decimal mark; with signs also 1 234,50 and € 1.234,50."""
    if column.decimal_mark == ".":
        return text
    bare = f"trim({text})" if signs is None else _without_sign(text, signs)
    further = "" if signs is None else f"|{_FURTHER_GROUPS}"
    groups = f"[+-]?([0-9]{{1,3}}([.][0-9]{{3}})+{further}|[0-9]+)(,[0-9]+)?"
    digits = f"replace({_ungrouped(bare, '.')}, ',', '.')"
    return f"case when regexp_full_match({bare}, {literal(groups)}) then {digits} end"


def _signs_by_currency(column: Column) -> dict[str, list[str]]:
    return {code: signs_of([code], [other for other in column.currency if other != code]) for code in column.currency}


def _number(column: Column, text: str, signs: Sequence[str]) -> str:
    if column.type == "int":
        return f"coalesce({_whole(text)}, {_whole(_grouped(text, signs))})"
    text = with_point(column, text, signs)
    kind = column.lake_type
    return f"coalesce(try_cast({text} as {kind}), try_cast({_grouped(text, signs)} as {kind}))"


def _whole(text: str) -> str:
    # a cast rounds '12.5' to 13; the double tells
    value = f"try_cast({text} as bigint)"
    exponent = f"try_cast(regexp_extract({text}, '[eE][+]?([0-9]+)$', 1) as integer)"
    is_exact = f"coalesce({exponent}, 0) <= length(regexp_extract({text}, '[.]([0-9]*)[eE]', 1))"
    return f"case when try_cast({text} as double) = {value} and {is_exact} then {value} end"


def _grouped(text: str, signs: Sequence[str]) -> str:
    """1,234,567.80 with an optional currency sign: only where the groups are right, so 1,5 is not taken for 15."""
    bare = _without_sign(text, signs)
    groups = f"[+-]?([0-9]{{1,3}}(,[0-9]{{3}})+|{_FURTHER_GROUPS}|[0-9]+)([.][0-9]*)?"
    return f"case when regexp_full_match({bare}, {literal(groups)}) then {_ungrouped(bare, ',')} end"


def _ungrouped(text: str, mark: str) -> str:
    return f"translate({text}, {literal(mark + _BLANK + _APOSTROPHE)}, '')"


def _without_sign(text: str, signs: Sequence[str]) -> str:
    """An amount without its currency sign, as in -¥5, € 12, 12 kr."""
    if not signs:
        return f"trim({text})"
    sign = f"(?:{'|'.join(re.escape(sign) for sign in signs)})"
    before = f"regexp_replace(trim({text}), {literal(f'^([+-]?) ?{sign} ?')}, '\\1', 'i')"
    return f"regexp_replace({before}, {literal(f' ?{sign}$')}, '', 'i')"
