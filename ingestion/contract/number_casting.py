"""SQL that turns a text into a number, in the forms that people and systems write one."""

from __future__ import annotations

from ingestion.contract.table import Column
from stores.duckdb_connection import literal

# before or behind an amount; and what stands between its thousands beside `,` or `.`: 1 234, 1'234
_SIGN = (
    "(?:(?:R|US|A|CA?|HK|NZ|S|NT|MX)?[$]|[¥￥€£₹₽₺₴₪₩₫₱฿₦]|kr[.]?|zł|Kč|元|円|圆|圓|원|руб[.]?|"
    "EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|CNY|RMB|JPY|HKD|BRL|INR|TRY|RUB|AUD|CAD)"
)
_FURTHER_GROUPS = "[0-9]{1,3}( [0-9]{3})+|[0-9]{1,3}('[0-9]{3})+"
_BLANK, _APOSTROPHE = " ", "'"


def integer(column: Column, text: str) -> str:
    """SQL for a whole number; null where the text is none, or a rounded one."""

    def whole(number: str) -> str:
        # a cast rounds '12.5' to 13; the double tells
        value = f"try_cast({number} as bigint)"
        exponent = f"try_cast(regexp_extract({number}, '[eE][+]?([0-9]+)$', 1) as integer)"
        is_exact = f"coalesce({exponent}, 0) <= length(regexp_extract({number}, '[.]([0-9]*)[eE]', 1))"
        return f"case when try_cast({number} as double) = {value} and {is_exact} then {value} end"

    return f"coalesce({whole(text)}, {whole(_grouped(text))})"


def decimal(column: Column, text: str) -> str:
    """SQL for a decimal number of the column's scale; null where the text is none."""
    text = with_point(column, text)
    return f"coalesce(try_cast({text} as {column.lake_type}), try_cast({_grouped(text)} as {column.lake_type}))"


def double(column: Column, text: str) -> str:
    """SQL for a number; null where the text is none."""
    text = with_point(column, text)
    return f"coalesce(try_cast({text} as double), try_cast({_grouped(text)} as double))"


def with_point(column: Column, text: str, is_plain: bool = False) -> str:
    """1.234,50 as 1234.50 where a comma is the decimal mark; unless plain, also 1 234,50 and € 1.234,50."""
    if column.decimal_mark == ".":
        return text
    bare = f"trim({text})" if is_plain else _without_sign(text)
    further = "" if is_plain else f"|{_FURTHER_GROUPS}"
    groups = f"[+-]?([0-9]{{1,3}}([.][0-9]{{3}})+{further}|[0-9]+)(,[0-9]+)?"
    digits = f"replace({_ungrouped(bare, '.')}, ',', '.')"
    return f"case when regexp_full_match({bare}, {literal(groups)}) then {digits} end"


def _grouped(text: str) -> str:
    """1,234,567.80 with an optional currency sign: only where the groups are right, so 1,5 is not taken for 15."""
    bare = _without_sign(text)
    groups = f"[+-]?([0-9]{{1,3}}(,[0-9]{{3}})+|{_FURTHER_GROUPS}|[0-9]+)([.][0-9]*)?"
    return f"case when regexp_full_match({bare}, {literal(groups)}) then {_ungrouped(bare, ',')} end"


def _ungrouped(text: str, mark: str) -> str:
    return f"translate({text}, {literal(mark + _BLANK + _APOSTROPHE)}, '')"


def _without_sign(text: str) -> str:
    """An amount without its currency sign, as in -¥5, € 12, 12 kr."""
    before = f"regexp_replace(trim({text}), '^([+-]?) ?{_SIGN} ?', '\\1', 'i')"
    return f"regexp_replace({before}, ' ?{_SIGN}$', '', 'i')"
