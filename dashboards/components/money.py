"""Amounts with their currency, the one that everything published is in."""

from __future__ import annotations

from typing import Any

import pandas as pd
from babel.numbers import get_currency_precision, get_currency_symbol

from dashboards.components.i18n import NOTHING, compact, language, number, t
from dashboards.queries import overview


def money(value: Any) -> str:
    """An amount such as ¥1,234.50 or ₩1,234; without a sign of a currency where no channel states one."""
    return money_in(value, None)


def money_in(value: Any, currency: str | None, is_exact: bool = False) -> str:
    """An amount in the currency it was sold in, such as €1,234.50; the one that is reported in where none is given.

    With `is_exact` a price of more decimals than the currency has coins for shows four.
    """
    digits = money_digits(currency)
    shown = 4 if is_exact and value is not None and round(value, digits) != value else digits
    return _signed(value, lambda amount: number(amount, shown), currency)


def money_digits(currency: str | None = None) -> int:
    """How many decimals an amount has: as many as its currency has coins for, two where no channel states one."""
    code = currency or overview.reporting_currency()
    return get_currency_precision(code) if code else 2


def compact_money(value: Any) -> str:
    """An amount short enough for a card: ¥12,345, ¥123.5万, R$1.2M."""
    return _signed(value, compact)


def with_currency(label: str) -> str:
    """The name of a column or an axis with the currency behind it: Net revenue (€)."""
    sign = _sign()
    return t("word.with_unit", text=label, unit=sign.strip()) if sign else label


def _sign(currency: str | None = None) -> str:
    """The currency's sign as the reader's language writes it; a code is kept off the figure."""
    code = currency or overview.reporting_currency()
    sign = get_currency_symbol(code, locale=language()) if code else ""
    return f"{sign} " if sign.isalpha() else sign


def _signed(value: Any, write: Any, currency: str | None = None) -> str:
    if value is None or pd.isna(value):
        return NOTHING
    return f"{'-' if value < 0 else ''}{_sign(currency)}{write(abs(value))}"
