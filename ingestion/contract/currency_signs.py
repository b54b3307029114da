"""What the signs beside amounts mean: € is one currency, $ and ¥ and kr are several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

_DOLLARS = (
    *("USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "BBD", "BMD", "BND", "BSD", "BZD", "FJD", "GYD", "JMD", "KYD"),
    *("LRD", "NAD", "SBD", "SRD", "TTD", "XCD", "ARS", "CLP", "COP", "CUP", "DOP", "MXN", "UYU", "MOP", "NIO", "TOP"),
)
# What is written before or behind an amount, beside ISO 4217 codes: the currencies that it can mean. The seed
# `currencies.csv` has those that mean one only; a test holds both together.
SIGNS: dict[str, tuple[str, ...]] = {
    "$": _DOLLARS, "US$": ("USD",), "USD$": ("USD",), "R$": ("BRL",), "A$": ("AUD",), "AU$": ("AUD",),
    "C$": ("CAD", "NIO"), "CA$": ("CAD",), "HK$": ("HKD",), "NZ$": ("NZD",), "S$": ("SGD",), "NT$": ("TWD",),
    "MX$": ("MXN",), "¥": ("CNY", "JPY"), "CN¥": ("CNY",), "JP¥": ("JPY",), "RMB": ("CNY",), "人民币": ("CNY",),
    "元": ("CNY", "TWD", "HKD", "MOP", "SGD"), "円": ("JPY",), "圆": ("CNY", "JPY"),
    "圓": ("CNY", "TWD", "HKD", "MOP", "JPY"),
    "€": ("EUR",), "Euro": ("EUR",), "£": ("GBP", "EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"),
    "₹": ("INR",), "₽": ("RUB",), "руб": ("RUB", "BYN"), "руб.": ("RUB", "BYN"), "₺": ("TRY",), "₴": ("UAH",),
    "₪": ("ILS",), "₩": ("KRW", "KPW"), "원": ("KRW", "KPW"), "₫": ("VND",), "₱": ("PHP", "CUP"), "฿": ("THB",),
    "₦": ("NGN",), "₵": ("GHS",), "₸": ("KZT",), "₾": ("GEL",), "₼": ("AZN",), "₮": ("MNT",), "₭": ("LAK",),
    "៛": ("KHR",), "৳": ("BDT",), "₡": ("CRC",), "₲": ("PYG",), "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("SEK", "NOK", "DKK", "ISK"), "zł": ("PLN",), "Kč": ("CZK",), "Ft": ("HUF",), "Fr.": ("CHF",),
    "美元": ("USD",), "欧元": ("EUR",), "英镑": ("GBP",), "日元": ("JPY",), "港元": ("HKD",), "港币": ("HKD",),
    "澳元": ("AUD",), "加元": ("CAD",), "韩元": ("KRW",), "新台币": ("TWD",), "新加坡元": ("SGD",), "卢布": ("RUB",),
}  # fmt: skip
_CODE = re.compile("[A-Z]{3}")
_AROUND = r"(?i)[+-]? ?(?P<before>{signs})? ?[+-]?[0-9][0-9., ']*(?: ?(?P<behind>{signs}))?[+-]?"


@cache
def codes() -> frozenset[str]:
    """Every ISO 4217 code."""
    # only a contract that names a currency, or an amount with a sign, needs the tables
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


@cache
def currencies_of(country: str) -> tuple[str, ...]:
    """The currencies in which one pays in a country, by its ISO code; none where that is not known."""
    from babel.numbers import get_territory_currencies

    return tuple(get_territory_currencies(country))


def signs_of(currencies: Sequence[str], others: Iterable[str] = ()) -> list[str]:
    """What may be written beside an amount in these currencies, the longest first.

    Args:
        currencies: ISO codes.
        others: a sign that may mean one of these as well is left out.
    """
    doubtful = set(others)
    signs = {sign for sign, means in SIGNS.items() if set(means) & set(currencies) and not set(means) & doubtful}
    return sorted({*signs, *currencies}, key=lambda sign: (-len(sign), sign))


def may_mean(sign: str, currencies: Sequence[str]) -> list[str]:
    """Those of the currencies that a sign or a code can mean, in any letter case."""
    return [code for code in currencies if sign.casefold() in {known.casefold() for known in signs_of([code])}]


def sign_beside(text: str) -> str:
    """The sign or the ISO code that stands beside an amount; empty where none does, or the text is no amount."""
    found = _amount().fullmatch(text.strip())
    return (found["before"] or found["behind"] or "") if found else ""


@cache
def _amount() -> re.Pattern[str]:
    signs = "|".join(re.escape(sign) for sign in sorted({*SIGNS, *codes()}, key=lambda sign: (-len(sign), sign)))
    return re.compile(_AROUND.format(signs=signs))
