"""Turns what somebody types into a search box into lookups that hold no clear personal data.

A full phone number, e-mail address, id number or name becomes its keyed token here and the text is forgotten: it is
not logged, not cached, and never put into an address. Normalisation must equal that of ingestion, or tokens differ; a
test compares the two.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from stores.keyring import Keyring

_MASKED = re.compile(r"[*＊•·]{1,}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ID_NUMBER = re.compile(r"\d{17}[\dXx]")
_TAIL = re.compile(r"\d{4}")
_CUSTOMER_ID = re.compile(r"c_[0-9a-z]{4,}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.\-]{0,63}")
_CHINESE_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_PHONE_FILLING = str.maketrans("", "", " -()\u00a0\u2010\u2011\u2012\u2013\u2014\t")
_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+|\s+(?:mr|mrs|ms|miss)\.?$|(?:先生|女士|小姐|太太|老师|经理|总)$"
)


@dataclass(frozen=True)
class Lookup:
    """One way to find a customer.

    Attributes:
        how: 'customer_id', 'token', 'mask', 'account' or 'tail'.
        kind: the identifier's kind for tokens and masks, else ''.
        value: id, token, mask, account number or last four digits; never a clear personal identifier.
    """

    how: str
    kind: str
    value: str


@dataclass(frozen=True)
class Search:
    """What was asked for: lookups to try, and the text in a form that may be shown."""

    lookups: tuple[Lookup, ...]
    shown: str


def understand(text: str, keyring: Keyring | None) -> Search | None:
    """What the typed text may mean, None when it is empty.

    Args:
        text: as typed.
        keyring: makes the tokens; None when this installation has no keys yet, then only ids and masks are looked up.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain:
        return None
    if _MASKED.search(plain):
        return _by_mask(_MASKED.sub(lambda found: "*" * len(found.group()), plain))
    if _CUSTOMER_ID.fullmatch(plain):
        return Search((Lookup("customer_id", "", plain),), plain)
    if _TOKEN.fullmatch(plain):
        return Search((Lookup("token", "", plain),), plain[:8] + "…")
    personal = _personal(plain)
    if personal:
        kind, normalised, shown = personal
        return Search((Lookup("token", kind, keyring.token(kind, normalised)),) if keyring else (), shown)
    if _TAIL.fullmatch(plain):
        return Search((Lookup("tail", "phone", plain), Lookup("account", "", plain)), plain)
    lookups = [Lookup("account", "", plain)] if _ACCOUNT.fullmatch(plain) else []
    name = normalise_name(plain)
    if keyring and name and not any(letter.isdigit() for letter in name):
        return Search((Lookup("token", "name", keyring.token("name", name)), *lookups), name[0] + "*")
    return Search(tuple(lookups), plain if lookups else f"{plain[0]}…")


def _by_mask(mask: str) -> Search:
    if "@" in mask:
        return Search((Lookup("mask", "email", mask.lower()),), mask)
    if any(letter.isdigit() for letter in mask):
        return Search((Lookup("mask", "phone", mask),), mask)
    return Search((Lookup("mask", "name", mask),), mask)


def _personal(plain: str) -> tuple[str, str, str] | None:
    """Kind, normalised value and showable form of a phone number, e-mail address or id number."""
    if _EMAIL.fullmatch(plain):
        email = plain.lower()
        return "email", email, f"{email[0]}***@{email.partition('@')[2]}"
    if _ID_NUMBER.fullmatch(plain):
        return "id_number", plain.upper(), f"{plain[:4]}****"
    phone = normalise_phone(plain)
    return ("phone", phone, f"{phone[-11:-8]}****{phone[-4:]}") if phone else None


def normalise_phone(text: str) -> str | None:
    """A phone number as E.164, +86 where no country is given; None when it is not one.

    A bare number that is neither a Chinese mobile nor begins with 0 or + is taken for an account number.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    bare = plain.translate(_PHONE_FILLING)
    mobile = _CHINESE_MOBILE.fullmatch(bare)
    if mobile:
        return f"+86{mobile.group(1)}"
    if not bare.startswith(("0", "+")):
        return None
    try:
        number = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def normalise_name(text: str) -> str:
    """A name without title, spaces collapsed, case folded."""
    name = " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return _TITLES.sub("", name).strip() or name
