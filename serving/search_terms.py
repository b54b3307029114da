"""Turns what somebody types into a search box into lookups that hold no clear personal data.

A full phone number, e-mail address, id number or name becomes its keyed token here and the text is forgotten: it is
not logged, not cached, and never put into an address.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from stores.keyring import Keyring
from stores.normalisation import DEFAULT_COUNTRY, bare_name, has_han, line_type, mask, normalise

_MASKED = re.compile(r"[*＊•·]{1,}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ID_NUMBER = re.compile(r"\d{17}[\dXx]|\d{15}|[A-Za-z]{1,2}\d{6}\([\dAa]\)|[A-Za-z][12]\d{8}")
_TAIL = re.compile(r"\d{4}")
_CUSTOMER_ID = re.compile(r"c_[0-9a-z]{4,}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_PREFIXED_ACCOUNT = re.compile(r"(?!tel|phone|mob|cell|fax)[A-Za-z][A-Za-z0-9]*[-_:]\S+", re.IGNORECASE)
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.\-]{0,63}")
_MOST_PARTS = 20  # letters of a Chinese name, words of another


@dataclass(frozen=True)
class Lookup:
    """One way to find a customer.

    Attributes:
        how: 'customer_id', 'token', 'mask', 'account' or 'tail'.
        kind: the identifier's kind for tokens and masks, else ''.
        value: id, token, mask, account number or last four digits; never a clear personal identifier.
        others: further tokens that the same text may have been given.
    """

    how: str
    kind: str
    value: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """What was asked for: lookups to try, and the text in a form that may be shown."""

    lookups: tuple[Lookup, ...]
    shown: str


def understand(text: str, keyring: Keyring | None, country: str = DEFAULT_COUNTRY) -> Search | None:
    """What the typed text may mean, None when it is empty.

    Args:
        text: as typed.
        keyring: makes the tokens; None when this installation has no keys yet, then only ids and masks are looked up.
        country: ISO code of the country whose phone numbers are written without their country's code.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain:
        return None
    if _MASKED.search(plain):
        return _by_mask(_MASKED.sub(lambda found: "*" * len(found.group()), plain))
    if _CUSTOMER_ID.fullmatch(plain.lower()):
        return Search((Lookup("customer_id", "", plain.lower()),), plain.lower())
    if _TOKEN.fullmatch(plain):
        return Search((Lookup("token", "", plain),), plain[:8] + "…")
    personal = _personal(plain, country)
    if personal:
        kind, normalised, shown = personal
        tokens = [Lookup("token", kind, keyring.token(kind, normalised))] if keyring else []
        accounts = [Lookup("account", "", plain)] if kind == "phone" and _may_be_account(plain, normalised) else []
        return Search((*tokens, *accounts), shown)
    if _TAIL.fullmatch(plain):
        return Search((Lookup("tail", "phone", plain), Lookup("account", "", plain)), plain)
    lookups = [Lookup("account", "", plain)] if _ACCOUNT.fullmatch(plain) else []
    name = normalise("name", plain)
    if keyring and name and not any(letter.isdigit() for letter in name):
        by_name = Lookup("token", "name", keyring.token("name", name), _tokens_of_two_columns(plain, keyring))
        return Search((by_name, *lookups), mask("name", name))
    return Search(tuple(lookups), plain if lookups else f"{plain[0]}…")


def _by_mask(mask: str) -> Search:
    if "@" in mask:
        return Search((Lookup("mask", "email", mask.lower()),), mask)
    if any(letter.isdigit() for letter in mask):
        return Search((Lookup("mask", "phone", mask),), mask)
    return Search((Lookup("mask", "name", mask),), mask)


def _tokens_of_two_columns(name: str, keyring: Keyring) -> tuple[str, ...]:
    """The tokens of a name in channels with given and family name apart, as the macro `name_of_columns` makes them.

    Nobody knows where the family name ends or which comes first, so every way to part the name is tried in both orders;
    and the whole, where one of the columns is all that is known.
    """
    bare = (bare_name(name) or "").replace(",", " ")
    joint = "" if has_han(bare) else " "
    parts = bare.split() if joint else list(bare.replace(" ", ""))
    found = [_of_column(kind, bare, keyring) for kind in ("family_name", "given_name")]
    for size in range(1, len(parts)) if len(parts) <= _MOST_PARTS else ():
        first, second = joint.join(parts[:size]), joint.join(parts[size:])
        for family, given in ((first, second), (second, first)):
            tokens = _of_column("family_name", family, keyring), _of_column("given_name", given, keyring)
            found.append("+".join(tokens) if all(tokens) else "")
    return tuple(dict.fromkeys(token for token in found if token))


def _of_column(kind: str, part: str, keyring: Keyring) -> str:
    normalised = normalise(kind, part)
    return keyring.token(kind, normalised) if normalised else ""


def _personal(plain: str, country: str) -> tuple[str, str, str] | None:
    """Kind, normalised value and showable form of a phone number, e-mail address or id number."""
    if _EMAIL.fullmatch(plain):
        email = normalise("email", plain) or plain
        return "email", email, mask("email", email)
    if _ID_NUMBER.fullmatch(plain):
        # a number with a wrong check digit has no token, so nobody is found by it
        number = normalise("id_number", plain) or plain.upper()
        return "id_number", number, mask("id_number", number)
    phone = normalise("phone", plain, country)
    return ("phone", phone, mask("phone", phone)) if phone else None


def _may_be_account(text: str, phone: str) -> bool:
    """Whether text with a phone number in it may be an account number all the same, which is then looked up in clear.

    A person's mobile number never is; the digits of a landline are often a member number too.
    """
    if _PREFIXED_ACCOUNT.fullmatch(text):
        return bool(_ACCOUNT.fullmatch(text))
    return text.isdigit() and not text.startswith("0") and line_type(phone) in ("landline", "service")
