"""Amounts of money, as the command line writes them."""

from __future__ import annotations

from decimal import Decimal


def amount(value: Decimal | float | None, currency: str) -> str:
    """An amount with its currency and as many decimals as that has coins for: `CNY 1,234.50`, `KRW 1,235`.

    Args:
        value: the amount; None where it is not known.
        currency: ISO 4217 code; empty where no channel states one, which gives two decimals and no code.
    """
    # half a second to import, and most commands name no amount
    from babel.numbers import get_currency_precision

    if value is None:
        return "unknown"
    digits = get_currency_precision(currency) if currency else 2
    return f"{currency} {value:,.{digits}f}".lstrip()
