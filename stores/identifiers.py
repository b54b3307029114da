"""The one form in which equal identifiers are equal, and the form in which they may be shown.

Tokens are made of normalised values, so whoever makes one (ingestion, a search box) normalises here.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import phonenumbers

# Other normal forms are other tokens: whoever changes a form raises this, and what is stored is tokenised again.
NORMALISATION_VERSION = 2

HIDDEN = "****"
REGION = "CN"

# digits and signs that input methods write in full width, one to one
FULL_WIDTH = str.maketrans("０１２３４５６７８９＋－（）＠．　", "0123456789+-()@. ")
_PHONE_FILLING = str.maketrans("", "", " -()\u00a0\u2010\u2011\u2012\u2013\u2014\t")
_CHINESE_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_ID_NUMBER = re.compile(r"[A-Z0-9]{6,20}")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+|\s+(?:mr|mrs|ms|miss)\.?$|(?:先生|女士|小姐|太太|老师|经理|总)$"
)


def normalise(kind: str, value: str) -> str | None:
    """The one form in which equal identifiers are equal; None when the value cannot be an identifier of that kind.

    Args:
        kind: phone, any_phone, email, name, given_name, family_name, id_number or address.
        value: as the source delivers it.
    """
    normalised = _NORMALISERS[kind](value)
    return None if _is_placeholder(kind, normalised) else normalised


def is_placeholder(kind: str, value: str) -> bool:
    """Whether it is what people type when they have to type something; `kind` and `value` as for `normalise`."""
    return _is_placeholder(kind, _NORMALISERS[kind](value))


def _is_placeholder(kind: str, normalised: str | None) -> bool:
    return ("phone" if kind == "any_phone" else kind, normalised) in _placeholders()


@cache
def _placeholders() -> frozenset[tuple[str, str]]:
    """What people type when they have to type something: the rows of placeholders.csv. Such a value is nobody's."""
    with Path(__file__).with_name("placeholders.csv").open(encoding="utf-8", newline="") as file:
        return frozenset((row["kind"], row["value"]) for row in csv.DictReader(file))


def mask(kind: str, normalised: str | None) -> str:
    """What may be shown: 138****1234, z***@example.com, 王*; four stars for what is not valid."""
    return HIDDEN if not normalised else _MASKS[kind](normalised)


def _phone(value: str) -> str | None:
    plain = value.translate(FULL_WIDTH).translate(_PHONE_FILLING)
    mobile = _CHINESE_MOBILE.fullmatch(plain)
    if mobile:
        return f"+86{mobile.group(1)}"
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", value), REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _any_phone(value: str) -> str | None:
    """A phone number of any country: in the one form where the country is known, else its last nine digits."""
    known = _phone(value)
    digits = "".join(letter for letter in value.translate(FULL_WIDTH) if letter.isdigit())
    return known or (digits[-9:] if len(digits) > 5 and len(set(digits)) > 1 else None)


def _email(value: str) -> str | None:
    plain = unicodedata.normalize("NFKC", value).strip().lower()
    return plain if _EMAIL.fullmatch(plain) else None


def bare_name(value: str) -> str | None:
    """A name in small letters without titles and superfluous blanks, its words in the order in which they came.

    A surname with a title (李先生) says who somebody is not, and is no name.
    """
    plain = " ".join(unicodedata.normalize("NFKC", value).split()).casefold()
    bare = _TITLES.sub("", plain).strip()
    if has_han(bare) and len(bare) == 1 and bare != plain:
        return None
    return bare or None


def has_han(text: str) -> bool:
    """Whether Chinese letters are in it."""
    return _HAN.search(text) is not None


def _name(value: str) -> str | None:
    """One form for the spellings of a name: no titles, no blanks in Chinese names, the words of others in order."""
    bare = bare_name(value)
    if bare is None or has_han(bare):
        return bare and bare.replace(" ", "")
    return " ".join(sorted(bare.replace(",", " ").split())) or None


def _one_name(value: str) -> str | None:
    """A given or a family name of its own."""
    bare = bare_name(value)
    return bare and bare.replace(" ", "")


def _id_number(value: str) -> str | None:
    plain = "".join(unicodedata.normalize("NFKC", value).split()).replace("-", "").upper()
    return plain if _ID_NUMBER.fullmatch(plain) and len(set(plain)) > 1 else None


def _address(value: str) -> str | None:
    return " ".join(unicodedata.normalize("NFKC", value).split()) or None


def _mask_phone(normalised: str) -> str:
    national = normalised.removeprefix("+86")
    if len(national) == 11 and not national.startswith("+"):
        return f"{national[:3]}{HIDDEN}{national[-4:]}"
    return f"{national[:3]}{HIDDEN}{national[-2:]}"


def _mask_email(normalised: str) -> str:
    local, _, domain = normalised.partition("@")
    return f"{local[0]}***@{domain}"


def _mask_name(normalised: str) -> str:
    return f"{normalised[0]}*"


def _mask_id_number(normalised: str) -> str:
    return f"{normalised[:2]}{HIDDEN}{normalised[-2:]}"


def _mask_address(normalised: str) -> str:
    return f"{normalised[:3]}{HIDDEN}" if len(normalised) > 6 else HIDDEN


_NORMALISERS: dict[str, Callable[[str], str | None]] = {
    "phone": _phone,
    "any_phone": _any_phone,
    "email": _email,
    "name": _name,
    "given_name": _one_name,
    "family_name": _one_name,
    "id_number": _id_number,
    "address": _address,
}
_MASKS: dict[str, Callable[[str], str]] = {
    "phone": _mask_phone,
    "any_phone": _mask_phone,
    "email": _mask_email,
    "name": _mask_name,
    "given_name": _mask_name,
    "family_name": _mask_name,
    "id_number": _mask_id_number,
    "address": _mask_address,
}
