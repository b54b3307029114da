"""Personal data never lands in clear: normalise, then token, mask and, for some kinds, similarity features.

A token is keyed and equal for equal normalised values, so profiles join on it; a mask is for the screen; features let
linkage measure how alike two values are. The value itself goes sealed into the vault (`stores.lake.vault`), where its
token or a reference finds it; it is opened only at the moment of sending. The work is done once per distinct value of a
column, then taken back to the rows.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.personal_data.sealed_values import SealedValues
from ingestion.personal_data.similarity_features import SIMILAR_KINDS, similarity_features
from stores.keyring import Keyring
from stores.lake.vault import new_reference
from stores.normalisation import (
    DEFAULT_COUNTRY,
    HIDDEN,
    has_unread_part,
    is_placeholder,
    line_type,
    mask,
    normalise_all,
)
from stores.redaction.text_redaction import redact

# people are addressed as they write themselves; only the token needs the one form
_SEALED_AS_WRITTEN = ("name", "given_name", "family_name", "address")

# Equal numbers have equal tokens and open alike, however loosely they were read.
_SCOPES = {"any_phone": "phone"}

PHONE_KINDS = ("phone", "any_phone")
# In the place of a reference: what the token's sealed value opens to was written without these first characters.
WITHOUT = "without "
# Likewise: it is the end of a number whose country nobody knew, and was never the whole.
END = "end"

# Among the further identifiers of a field: one that cannot be read, so without a token.
UNREAD = f"|{HIDDEN}|"

# A field of these kinds may hold several.
SEVERAL_KINDS = (*PHONE_KINDS, "email")


def parts_of_kind(kind: str) -> tuple[str, ...]:
    """What a personal value is replaced by: the endings of its columns in the lake, as `protect` makes them."""
    return (
        "token",
        *(["ref"] if kind in _SEALED_AS_WRITTEN else []),
        "mask",
        *(["features"] if kind in SIMILAR_KINDS else []),
        *(["line_type"] if kind in PHONE_KINDS else []),
        *(["further"] if kind in SEVERAL_KINDS else []),
        *(["source_ref"] if kind not in _SEALED_AS_WRITTEN else []),
    )


def is_sealed_as_written(kind: str) -> bool:
    """Whether values of a kind are sealed as they are written alone, and not in their normal form too."""
    return kind in _SEALED_AS_WRITTEN


def reference_part(kind: str) -> str:
    """The part that stands in the vault for the value as it was written: the ending of its column in the lake."""
    return "ref" if kind in _SEALED_AS_WRITTEN else "source_ref"


def scope_of(kind: str) -> str:
    """What tokens and ciphertexts of a kind are bound to; kinds with the same scope have equal tokens."""
    return _SCOPES.get(kind, kind)


def protect_column(
    values: pa.Array | pa.ChunkedArray,
    kind: str,
    keyring: Keyring,
    country: str = DEFAULT_COUNTRY,
    keep: SealedValues | None = None,
) -> dict[str, pa.Array]:
    """Token, reference, mask and what else `parts_of_kind` lists, of a text column.

    Args:
        values: text, nulls allowed.
        kind: one of `ingestion.contract.channel.TOKEN_KINDS`.
        keyring: keys of this installation.
        country: ISO code of the country whose phone numbers are written without their country's code.
        keep: takes in the sealed values; None where the values are not kept, only compared.

    Returns:
        Arrays as long as the input, null where the input is null:
        - `token`: of the first identifier in the value; null where there is none that is valid. In the vault it stands
          for what is sent to: the normalised value of a phone, e-mail or id number.
        - `ref`, of names and addresses: stands in the vault for the value as it was written.
        - `source_ref`, of the others: likewise; `WITHOUT` and the country's code where that alone was not written; null
          where the token's value says as much.
        - `mask`: what may be shown of it; null where nothing is said, as by n/a (`is_placeholder`).
        - `features`: for the kinds in `SIMILAR_KINDS`.
        - `line_type`: one of `LINE_TYPES`, for phones.
        - `further`: the other identifiers in the value, as `further_identifiers` writes them, at the end `UNREAD` where
          one more cannot be read; null where none.
    """
    encoded = _encode(values)
    scope = _SCOPES.get(kind, kind)
    written: list[str] = encoded.dictionary.to_pylist()
    columns: dict[str, list[str | None]] = {part: [] for part in parts_of_kind(kind)}
    tokens, masks, features = columns["token"], columns["mask"], columns.get("features")
    refs = columns[reference_part(kind)]
    is_phone, may_be_several, as_written = kind in PHONE_KINDS, kind in SEVERAL_KINDS, kind in _SEALED_AS_WRITTEN
    kept: list[str] = []
    texts: list[str] = []
    for value in written:
        found = normalise_all(kind, value, country)
        normalised = found[0] if found else None
        token = keyring.token(scope, normalised) if normalised else None
        tokens.append(token)
        text = value.strip()
        ref: str | None
        if token is None or normalised is None:
            # by nothing else could what cannot be read be told to be equal
            ref = new_reference()
        elif as_written:
            ref = token if text == normalised else keyring.token(scope, text)
        else:
            kept.append(token)
            texts.append(normalised)
            text = value
            if normalised in (bare := value.strip(), bare.lower()):
                ref = None
            elif is_phone and (code := _unwritten(bare, normalised)):
                ref = WITHOUT + code
            else:
                ref = keyring.token(scope, value)
        refs.append(ref)
        if ref is not None and not ref.startswith(WITHOUT):
            kept.append(ref)
            texts.append(text)
        # what fills a field and is nobody's counts as an empty one; the vault says what it was
        masks.append(None if not found and is_placeholder(kind, value, country) else mask(kind, normalised))
        if features is not None:
            features.append(similarity_features(kind, value, keyring, country))
        if is_phone:
            columns["line_type"].append(line_type(normalised) if normalised else None)
        if may_be_several:
            columns["further"].append(_further(kind, value, found, keyring, country))
            if is_phone and len(found) > 1:
                # a message goes to the first mobile number, wherever it stands in the field
                kept += [keyring.token(scope, another) for another in found[1:]]
                texts += found[1:]
    if keep is not None:
        keep.add(scope, kept, [keyring.seal(scope, text) for text in texts])
    return {name: pc.take(pa.array(part, pa.string()), encoded.indices) for name, part in columns.items()}


def further_identifiers(kind: str, normalised: list[str], keyring: Keyring) -> str:
    """Identifiers as one text: `token|mask|line type` each, `token|mask|` for e-mails, separated by `;`.

    Args:
        kind: phone, any_phone or email.
        normalised: values in their one form.
        keyring: keys of this installation.
    """
    scope = _SCOPES.get(kind, kind)
    return ";".join(
        f"{keyring.token(scope, value)}|{mask(kind, value)}|{line_type(value) if kind in PHONE_KINDS else ''}"
        for value in normalised
    )


def _further(kind: str, value: str, found: list[str], keyring: Keyring, country: str) -> str | None:
    """What else than the first identifier a field holds."""
    if not found:
        return None
    others = [further_identifiers(kind, found[1:], keyring)] if len(found) > 1 else []
    return ";".join([*others, *([UNREAD] if has_unread_part(kind, value, country) else [])]) or None


def redact_column(values: pa.Array | pa.ChunkedArray, country: str = DEFAULT_COUNTRY) -> pa.Array:
    """`redact` for a text column, once per distinct value."""
    encoded = _encode(values)
    redacted = pa.array([redact(value, country=country) for value in encoded.dictionary.to_pylist()], pa.string())
    return pc.take(redacted, encoded.indices)


def _unwritten(bare: str, normalised: str) -> str:
    """The country's code that a phone number was written without, where everything else is as it was written."""
    return normalised.removesuffix(bare) if bare and normalised.endswith(bare) else ""


def _encode(values: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array.cast(pa.string()).dictionary_encode()
