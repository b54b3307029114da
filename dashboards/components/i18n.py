"""Texts, numbers and dates in the reader's language: Simplified Chinese unless English is chosen.

Texts live in `locales/<language>/app.po` under dotted keys and are read by Babel as they are, without compiling.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd
import streamlit as st
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from dashboards.queries.published_copy import channel_titles

LANGUAGES = {"zh_CN": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh_CN"
LOCALES_FOLDER = Path(__file__).resolve().parent.parent / "locales"
NOTHING = "—"
_LOCALES = {code: Locale.parse(code) for code in LANGUAGES}
_COMPACT_FROM = {"zh_CN": 100_000, "en": 100_000}


class _Words(Formatter):
    """Fills texts, and chooses the word that a number asks for."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        one, bar, more = format_spec.partition("|")
        return (one if str(value) == "1" else more) if bar else super().format_field(value, format_spec)


_WORDS = _Words()


@lru_cache(maxsize=8)
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by key."""
    with (LOCALES_FOLDER / language / "app.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id}


def language() -> str:
    """The reader's language, a key of `LANGUAGES`."""
    chosen = st.session_state.get("language")
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def is_chinese() -> bool:
    """Whether the reader's language is Chinese: marts bring `_zh` and `_en` columns."""
    return language() == "zh_CN"


def _locale() -> Locale:
    return _LOCALES[language()]


def t(key: str, **values: Any) -> str:
    """The text under `key`, its `{names}` filled from `values`; `{count:row|rows}` is `row` where count is 1.

    Raises:
        KeyError: no such key; a test makes sure that this does not happen.
    """
    text = catalogue(language())[key]
    return _WORDS.vformat(text, (), values) if values else text


def sentences(*texts: str) -> str:
    """Sentences one behind the other; Chinese has no space between them."""
    return ("" if is_chinese() else " ").join(text for text in texts if text)


def term(group: str, value: Any) -> str:
    """The reader's word for a code such as stage `dormant`: the text `<group>.<value>`, or the code when it has none.

    Codes come from data and seeds that analysts edit, so a code without a word is shown as it is. A channel is called
    what its contract calls it.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return NOTHING
    if group == "channel" and (titles := channel_titles().get(str(value))):
        return titles[0 if is_chinese() else 1]
    return catalogue(language()).get(f"{group}.{value}", str(value).replace("_", " "))


def terms(group: str) -> dict[str, str]:
    """All codes of a group with their words, in the order of the locale file."""
    start = f"{group}."
    return {key.removeprefix(start): text for key, text in catalogue(language()).items() if key.startswith(start)}


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def number(value: Any, digits: int = 0) -> str:
    """A grouped number such as 12,345."""
    if _missing(value):
        return NOTHING
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=_locale())


def compact(value: Any) -> str:
    """A number short enough for a card: 12,345, 123.5万, 1.24M, 123K."""
    if _missing(value):
        return NOTHING
    if abs(value) < _COMPACT_FROM[language()]:
        return number(value)
    if is_chinese() and abs(value) < 100_000_000:  # the library writes no separator before 万
        return f"{number(value / 10_000, 1)}万"
    before_point = (len(str(int(abs(value)))) - 1) % 3 + 1
    digits = 1 if is_chinese() else 3 - before_point  # three figures: 1.04M, 10.4M, 104M
    return format_compact_decimal(value, fraction_digits=digits, locale=_locale())


def percent(share: Any, digits: int = 1) -> str:
    """A share between 0 and 1 as a percentage; one that is not zero is not shown as zero."""
    if _missing(share):
        return NOTHING
    least = 10.0 ** -(digits + 2)
    if 0 < share < least / 2:
        return f"<{percent(least, digits)}"
    return format_percent(share, format="0" + ("." + "0" * digits if digits else "") + "%", locale=_locale())


def signed_percent(share: Any) -> str | None:
    """A growth rate with its sign, None when there is nothing to compare with."""
    return None if _missing(share) else f"{float(share):+.1%}"


def day(value: Any) -> str:
    """A date such as 2026年6月30日 or Jun 30, 2026."""
    return NOTHING if _missing(value) else format_date(_as_date(value), format="medium", locale=_locale())


def day_of_year(value: Any) -> str:
    """Month and day, without the year."""
    return format_date(_as_date(value), format="M月d日" if is_chinese() else "MMM d", locale=_locale())


def month(value: Any) -> str:
    """A month such as 2026年6月 or Jun 2026."""
    pattern = "yyyy年M月" if is_chinese() else "MMM yyyy"
    return NOTHING if _missing(value) else format_date(_as_date(value), format=pattern, locale=_locale())


def moment(value: Any) -> str:
    """A date and time to the minute, in the business time zone the data is in."""
    if _missing(value):
        return NOTHING
    pattern = "yyyy年M月d日 HH:mm" if is_chinese() else "MMM d, yyyy HH:mm"
    naive = pd.Timestamp(value).to_pydatetime().replace(tzinfo=None)
    return format_datetime(naive, format=pattern, locale=_locale())


def day_and_time(value: Any) -> str:
    """A day of the month with its time, below a heading that names the month and year."""
    if _missing(value):
        return NOTHING
    pattern = "M月d日 HH:mm" if is_chinese() else "MMM d HH:mm"
    return format_datetime(pd.Timestamp(value).to_pydatetime(), format=pattern, locale=_locale())


def days_ago(value: Any, as_of: date) -> str:
    """How many days before `as_of` something happened."""
    if _missing(value):
        return NOTHING
    days = (as_of - _as_date(value)).days
    return t("time.today") if days <= 0 else t("time.days_ago", days=number(days))


def _as_date(value: Any) -> date:
    return value if isinstance(value, date) and not isinstance(value, datetime) else pd.Timestamp(value).date()
