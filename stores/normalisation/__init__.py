"""The one form in which equal identifiers are equal, and the form in which they may be shown.

Tokens are made of normalised values, so whoever makes one (ingestion, a search box) normalises here.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from stores.normalisation import name as names
from stores.normalisation.email import emails, has_unread_address
from stores.normalisation.id_number import id_number
from stores.normalisation.masks import HIDDEN, mask
from stores.normalisation.name import bare_name, has_han
from stores.normalisation.phone import DEFAULT_COUNTRY, LINE_TYPES, has_unread_number, line_type, phones
from stores.normalisation.spelling import ROUNDED, as_cell, as_whole_number, is_row_of_digits, plain, without_invisible

__all__ = [
    "DEFAULT_COUNTRY",
    "HIDDEN",
    "LINE_TYPES",
    "NORMALISATION_VERSION",
    "bare_name",
    "has_han",
    "has_unread_part",
    "is_placeholder",
    "line_type",
    "looks_like_several",
    "mask",
    "normal_forms",
    "normalise",
    "normalise_all",
    "plain",
    "without_invisible",
]

# Other normal forms are other tokens: whoever changes a form raises this, and what is stored is tokenised again.
NORMALISATION_VERSION = 5

# A phone number has 15 digits at most, 17 with what is dialled before it.
_LONGEST_NUMBER = 17
# In these, unlike in names and addresses, a word or a row of digits fills a field and says nothing.
_IDENTIFIERS = ("phone", "any_phone", "email", "id_number")
_NO_LETTER = re.compile(r"[\W_]+")
# 010-00000000, 138 0000 0000 with any extension
_NOBODYS_NUMBER = re.compile("[+][0-9]+0{7}(?:;ext=[0-9]+)?")


def normal_forms(country: str = DEFAULT_COUNTRY) -> dict[str, str]:
    """What else than the release decides which form a value has: with another of these, equal values differ.

    Args:
        country: ISO code of the country whose phone numbers are written without their country's code.

    Returns:
        `country`, and `placeholders`: a digest of the values that are nobody's.
    """
    rows = "\n".join(sorted(f"{kind},{value}" for kind, value in _placeholders()))
    return {"country": country, "placeholders": hashlib.sha256(rows.encode()).hexdigest()[:16]}


def normalise(kind: str, value: str, country: str = DEFAULT_COUNTRY) -> str | None:
    """The one form in which equal identifiers are equal; None when the value cannot be an identifier of that kind.

    Args:
        kind: phone, any_phone, email, name, given_name, family_name, id_number or address.
        value: as the source delivers it; of several numbers or addresses the first counts.
        country: ISO code of the country whose phone numbers are written without their country's code.
    """
    return next(iter(normalise_all(kind, value, country)), None)


def normalise_all(kind: str, value: str, country: str = DEFAULT_COUNTRY) -> list[str]:
    """Every identifier in a field, in its order: of phones and e-mails there may be several.

    Args:
        kind: as for `normalise`; likewise `value` and `country`.
        value: as the source delivers it.
        country: ISO code of a country.
    """
    return [found for found in _forms(kind, value, country) if not _is_placeholder(kind, found)]


def has_unread_part(kind: str, value: str, country: str = DEFAULT_COUNTRY) -> bool:
    """Whether a field holds something beside its phones or e-mails that looks like one more and cannot be read.

    Args:
        kind: as for `normalise`; likewise `value` and `country`.
        value: as the source delivers it.
        country: ISO code of a country.
    """
    if kind == "email":
        return has_unread_address(value)
    return kind in ("phone", "any_phone") and has_unread_number(value, country)


def looks_like_several(kind: str, value: str) -> bool:
    """Whether a phone or an e-mail that cannot be read has the length of several; arguments as for `normalise`."""
    if kind == "email":
        return plain(value).count("@") > 1
    return kind in ("phone", "any_phone") and sum(sign.isdigit() for sign in value) > _LONGEST_NUMBER


def is_placeholder(kind: str, value: str, country: str = DEFAULT_COUNTRY) -> bool:
    """Whether it is what people type when they have to type something; arguments as for `normalise`."""
    forms = _forms(kind, value, country)
    if forms or kind not in _IDENTIFIERS:
        return bool(forms) and all(_is_placeholder(kind, form) for form in forms)
    return _is_filler(kind, plain(value).casefold())


def _is_placeholder(kind: str, normalised: str) -> bool:
    known = ("phone" if kind == "any_phone" else kind, normalised) in _placeholders()
    return known or (kind in ("phone", "any_phone") and _NOBODYS_NUMBER.fullmatch(normalised) is not None)


def _is_filler(kind: str, written: str) -> bool:
    """Whether what is no phone, e-mail or id number was typed to fill the field: n/a, 无, -, 00000000000, 123456."""
    digits = _NO_LETTER.sub("", written)
    if not digits or ("identifier", written) in _placeholders() or (kind, written.upper()) in _placeholders():
        return True
    return digits.isdigit() and (len(set(digits)) == 1 or is_row_of_digits(digits))


@cache
def _placeholders() -> frozenset[tuple[str, str]]:
    """What people type when they have to type something: the rows of placeholders.csv. Such a value is nobody's."""
    with Path(__file__).with_name("placeholders.csv").open(encoding="utf-8", newline="") as file:
        return frozenset((row["kind"], row["value"]) for row in csv.DictReader(file))


def _forms(kind: str, value: str, country: str) -> list[str]:
    if kind == "phone":
        return phones(value, country)
    if kind == "any_phone":
        return phones(value, country) or _last_digits(value)
    if kind == "email":
        return emails(value)
    form = _SINGLE[kind](value)
    return [form] if form else []


def _last_digits(value: str) -> list[str]:
    """The last nine digits of a number whose country nobody knows."""
    cell = as_whole_number(as_cell(value))
    digits = "" if cell == ROUNDED else "".join(letter for letter in cell if letter.isdigit())
    is_filler = len(set(digits)) == 1 or is_row_of_digits(digits)
    return [digits[-9:]] if len(digits) > 5 and not is_filler else []


_SINGLE: dict[str, Callable[[str], str | None]] = {
    "name": names.name,
    "given_name": names.one_name,
    "family_name": names.one_name,
    "id_number": id_number,
    "address": names.address,
}
