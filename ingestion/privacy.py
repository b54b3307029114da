"""Personal data never lands in clear: normalise, then token, ciphertext and mask.

A token is keyed and equal for equal normalised values, so profiles join on it; a ciphertext is opened only at the
moment of sending; a mask is for the screen. The work is done once per distinct value of a column, then taken back to
the rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from stores.keyring import Keyring

HIDDEN = "****"
REGION = "CN"

# digits and signs that input methods write in full width, one to one
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋－（）＠．　", "0123456789+-()@. ")
_PHONE_FILLING = str.maketrans("", "", " -()\u00a0\u2010\u2011\u2012\u2013\u2014\t")
_CHINESE_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_ID_NUMBER = re.compile(r"[A-Z0-9]{6,20}")
_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+|\s+(?:mr|mrs|ms|miss)\.?$|(?:先生|女士|小姐|太太|老师|经理|总)$"
)
_REDACTIONS = (
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), "【邮箱】"),
    (re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:[0-9]{11}[0-9Xx]|[0-9]{9})(?![0-9])"), "【证件】"),
    (re.compile(r"(?<![0-9])(?:\+?86[ -]?|0086[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])"), "【手机】"),
    (re.compile(r"(?<![0-9])(?:\+?86[ -]?|0086[ -]?)?1[3-9][0-9]{2}(?:[ -]?[0-9]{3,4}){2}(?![0-9])"), "【手机】"),
    (re.compile(r"(?<![0-9])0[0-9]{2,3}[ -]?[0-9]{7,8}(?![0-9])"), "【手机】"),
)


def normalise(kind: str, value: str) -> str | None:
    """The one form in which equal identifiers are equal; None when the value cannot be an identifier of that kind.

    Args:
        kind: phone, email, name, id_number or address.
        value: as the source delivers it.
    """
    return _NORMALISERS[kind](value)


def mask(kind: str, normalised: str | None) -> str:
    """What may be shown: 138****1234, z***@example.com, 王*; four stars for what is not valid."""
    return HIDDEN if not normalised else _MASKS[kind](normalised)


def redact(text: str) -> str:
    """Free text with phones, e-mails and id numbers replaced by 【手机】, 【邮箱】, 【证件】."""
    plain = text.translate(_FULL_WIDTH)
    if not any(character.isdigit() or character == "@" for character in plain):
        return text
    for pattern, label in _REDACTIONS:
        # positions are the same in both because the translation is one to one
        for found in reversed(list(pattern.finditer(plain))):
            text = text[: found.start()] + label + text[found.end() :]
            plain = plain[: found.start()] + label + plain[found.end() :]
    return text


def protect(values: pa.Array | pa.ChunkedArray, kind: str, keyring: Keyring) -> dict[str, pa.Array]:
    """Token, cipher and mask of a text column.

    Args:
        values: text, nulls allowed.
        kind: phone, email, name, id_number or address.
        keyring: keys of this installation.

    Returns:
        Arrays `token`, `cipher`, `mask`, as long as the input; null where the input is null, and a null token (with a
        cipher of the raw value) where the value is not valid.
    """
    encoded = _encode(values)
    tokens: list[str | None] = []
    ciphers: list[str] = []
    masks: list[str] = []
    for value in encoded.dictionary.to_pylist():
        normalised = normalise(kind, value)
        tokens.append(keyring.token(kind, normalised) if normalised else None)
        ciphers.append(keyring.seal(kind, normalised or value))
        masks.append(mask(kind, normalised))
    parts = {"token": tokens, "cipher": ciphers, "mask": masks}
    return {name: pc.take(pa.array(part, pa.string()), encoded.indices) for name, part in parts.items()}


def redact_column(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """`redact` for a text column, once per distinct value."""
    encoded = _encode(values)
    redacted = pa.array([redact(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return pc.take(redacted, encoded.indices)


def _encode(values: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array.cast(pa.string()).dictionary_encode()


def _phone(value: str) -> str | None:
    plain = value.translate(_FULL_WIDTH).translate(_PHONE_FILLING)
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


def _email(value: str) -> str | None:
    plain = unicodedata.normalize("NFKC", value).strip().lower()
    return plain if _EMAIL.fullmatch(plain) else None


def _name(value: str) -> str | None:
    plain = " ".join(unicodedata.normalize("NFKC", value).split()).casefold()
    bare = _TITLES.sub("", plain).strip()
    return bare or plain or None


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
    "email": _email,
    "name": _name,
    "id_number": _id_number,
    "address": _address,
}
_MASKS: dict[str, Callable[[str], str]] = {
    "phone": _mask_phone,
    "email": _mask_email,
    "name": _mask_name,
    "id_number": _mask_id_number,
    "address": _mask_address,
}
