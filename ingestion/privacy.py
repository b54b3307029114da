"""Personal data never lands in clear: normalise, then token, ciphertext, mask and, for some kinds, similarity features.

A token is keyed and equal for equal normalised values, so profiles join on it; a ciphertext is opened only at the
moment of sending; a mask is for the screen; features let linkage measure how alike two values are. The work is done
once per distinct value of a column, then taken back to the rows.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.features import SIMILAR_KINDS, similarity_features
from stores.identifiers import FULL_WIDTH, mask, normalise
from stores.keyring import Keyring

# people are addressed as they write themselves; only the token needs the one form
_SEALED_AS_WRITTEN = ("name", "given_name", "family_name", "address")

# Equal numbers have equal tokens and open alike, however loosely they were read.
_SCOPES = {"any_phone": "phone"}

_REDACTIONS = (
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), "【邮箱】"),
    (re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:[0-9]{11}[0-9Xx]|[0-9]{9})(?![0-9])"), "【证件】"),
    (re.compile(r"(?<![0-9])(?:\+?86[ -]?|0086[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])"), "【手机】"),
    (re.compile(r"(?<![0-9])(?:\+?86[ -]?|0086[ -]?)?1[3-9][0-9]{2}(?:[ -]?[0-9]{3,4}){2}(?![0-9])"), "【手机】"),
    (re.compile(r"(?<![0-9])0[0-9]{2,3}[ -]?[0-9]{7,8}(?![0-9])"), "【手机】"),
)


def redact(text: str) -> str:
    """Free text with phones, e-mails and id numbers replaced by 【手机】, 【邮箱】, 【证件】."""
    plain = text.translate(FULL_WIDTH)
    if not any(character.isdigit() or character == "@" for character in plain):
        return text
    for pattern, label in _REDACTIONS:
        # positions are the same in both because the translation is one to one
        for found in reversed(list(pattern.finditer(plain))):
            text = text[: found.start()] + label + text[found.end() :]
            plain = plain[: found.start()] + label + plain[found.end() :]
    return text


def protect(values: pa.Array | pa.ChunkedArray, kind: str, keyring: Keyring) -> dict[str, pa.Array]:
    """Token, cipher, mask and similarity features of a text column.

    Args:
        values: text, nulls allowed.
        kind: one of `ingestion.contract.TOKEN_KINDS`.
        keyring: keys of this installation.

    Returns:
        Arrays `token`, `cipher`, `mask`, and `features` for the kinds that have them, as long as the input; null where
        the input is null, and a null token (with a cipher of the raw value) where the value is not valid.
    """
    encoded = _encode(values)
    tokens: list[str | None] = []
    ciphers: list[str] = []
    masks: list[str] = []
    for value in encoded.dictionary.to_pylist():
        normalised = normalise(kind, value)
        tokens.append(keyring.token(_SCOPES.get(kind, kind), normalised) if normalised else None)
        ciphers.append(
            keyring.seal(
                _SCOPES.get(kind, kind), normalised if normalised and kind not in _SEALED_AS_WRITTEN else value.strip()
            )
        )
        masks.append(mask(kind, normalised))
    parts: dict[str, list[str | None]] = {"token": tokens, "cipher": [*ciphers], "mask": [*masks]}
    if kind in SIMILAR_KINDS:
        parts["features"] = [similarity_features(kind, value, keyring) for value in encoded.dictionary.to_pylist()]
    return {name: pc.take(pa.array(part, pa.string()), encoded.indices) for name, part in parts.items()}


def redact_column(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """`redact` for a text column, once per distinct value."""
    encoded = _encode(values)
    redacted = pa.array([redact(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return pc.take(redacted, encoded.indices)


def _encode(values: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array.cast(pa.string()).dictionary_encode()
