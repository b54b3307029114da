"""The one form in which equal identifiers are equal, and the form in which they may be shown.

Tokens are made of normalised values, so whoever makes one (ingestion, a search box) normalises here.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from stores.identifiers import name as names
from stores.identifiers.email import emails
from stores.identifiers.id_number import id_number
from stores.identifiers.masks import HIDDEN, mask
from stores.identifiers.name import bare_name, has_han
from stores.identifiers.phone import DEFAULT_COUNTRY, LINE_TYPES, line_type, phones
from stores.identifiers.spelling import ROUNDED, as_cell, as_whole_number, plain, without_invisible

__all__ = [
    "DEFAULT_COUNTRY",
    "HIDDEN",
    "LINE_TYPES",
    "NORMALISATION_VERSION",
    "bare_name",
    "has_han",
    "is_placeholder",
    "line_type",
    "mask",
    "normal_forms",
    "normalise",
    "normalise_all",
    "plain",
    "without_invisible",
]

# Other normal forms are other tokens: whoever changes a form raises this, and what is stored is tokenised again.
NORMALISATION_VERSION = 3


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


def is_placeholder(kind: str, value: str, country: str = DEFAULT_COUNTRY) -> bool:
    """Whether it is what people type when they have to type something; arguments as for `normalise`."""
    # an invented id number has no valid form: it is compared as it is written
    written = plain(value).upper() if kind == "id_number" else None
    forms = _forms(kind, value, country) or ([written] if written else [])
    return bool(forms) and all(_is_placeholder(kind, form) for form in forms)


def _is_placeholder(kind: str, normalised: str) -> bool:
    return ("phone" if kind == "any_phone" else kind, normalised) in _placeholders()


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
    return [digits[-9:]] if len(digits) > 5 and len(set(digits)) > 1 else []


_SINGLE: dict[str, Callable[[str], str | None]] = {
    "name": names.name,
    "given_name": names.one_name,
    "family_name": names.one_name,
    "id_number": id_number,
    "address": names.address,
}
