"""One column in other normal forms: what was written is opened and protected again, as if it came today."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.personal_data.protection import END, WITHOUT, protect_column, scope_of
from ingestion.personal_data.sealed_values import SealedValues
from stores.keyring import Keyring
from stores.lake.vault import LoadedVault
from stores.settings import Settings


@dataclass(frozen=True)
class SealedColumn:
    """What is known of a personal column; make it with `in_vault` or `in_columns`.

    Attributes:
        tokens: the tokens until now.
        sealed: the ciphertext of what was written; behind it, after a blank, what to leave out of it if anything.
        is_end: where the value was only the end of a number; None: nobody noted it.
    """

    tokens: pa.Array
    sealed: pa.Array
    is_end: pa.Array | None


def in_vault(vault: LoadedVault, tokens: pa.Array, refs: pa.Array) -> SealedColumn:
    """A column as this release keeps it: the ciphertexts are in the vault.

    Raises:
        UserError: one of them is not there.
    """
    is_shortened = pc.fill_null(pc.starts_with(refs, WITHOUT), False)
    is_end = pc.fill_null(pc.equal(refs, END), False)
    is_by_token = pc.or_(pc.or_(is_shortened, is_end), pc.is_null(refs))
    sealed = vault.find(pc.if_else(is_by_token, tokens, refs))
    return SealedColumn(tokens, _shortened(sealed, refs, is_shortened), is_end)


def in_columns(tokens: pa.Array, ciphers: pa.Array, sources: pa.Array | None) -> SealedColumn:
    """A column as releases before the vault kept it: with its ciphertexts beside it.

    Args:
        tokens: the tokens.
        ciphers: the ciphertexts, nulls allowed.
        sources: ciphertexts of the values as written, null where `ciphers` says as much; None: there are none.
    """
    if sources is None:
        return SealedColumn(tokens, ciphers, None)
    is_shortened = pc.fill_null(pc.starts_with(sources, WITHOUT), False)
    is_end = pc.fill_null(pc.equal(sources, END), False)
    elsewhere = pc.if_else(pc.or_(is_shortened, is_end), None, sources)
    return SealedColumn(tokens, _shortened(pc.coalesce(elsewhere, ciphers), sources, is_shortened), is_end)


def retokenise_column(
    settings: Settings, keyring: Keyring, kind: str, column: SealedColumn, keep: SealedValues
) -> dict[str, pa.Array]:
    """What `protect_column` makes today of what was sealed earlier, and `former`: the tokens of the sealed texts.

    Args:
        settings: of this installation.
        keyring: its keys.
        kind: one of `ingestion.contract.channel.TOKEN_KINDS`.
        column: what was kept of the values.
        keep: takes in what the vault must have for it.

    Raises:
        UserError: a ciphertext cannot be opened with these keys.
    """
    encoded = column.sealed.cast(pa.string()).dictionary_encode()
    scope = scope_of(kind)
    opened, written = [], []
    for text in encoded.dictionary.to_pylist():
        cipher, _, missing = text.partition(" ")
        opened.append(keyring.unseal(scope, cipher))
        written.append(opened[-1].removeprefix(missing))
    values = pc.take(pa.array(written, pa.string()), encoded.indices)
    former = pa.array([keyring.token(scope, value) for value in opened], pa.string())
    parts = protect_column(values, kind, keyring, settings.country, keep)
    parts["former"] = pc.take(former, encoded.indices)
    if kind == "any_phone":
        is_end = column.is_end
        if is_end is None:
            # Only the end was sealed by the first release: read again it might pass for a whole number.
            digits = pa.array([value.isdigit() for value in opened], pa.bool_())
            is_end = pc.and_(pc.take(digits, encoded.indices), pc.equal(parts["former"], column.tokens))
            is_end = pc.fill_null(is_end, False)
        kept = {"token": column.tokens, "source_ref": pa.scalar(END)}
        parts |= {name: pc.if_else(is_end, array, parts[name]) for name, array in kept.items()}
        ends = pa.table({"ref": column.tokens, "sealed": column.sealed}).filter(is_end)
        keep.add(scope, *(ends[name].to_pylist() for name in ("ref", "sealed")))
    return parts


def _shortened(sealed: pa.Array, refs: pa.Array, is_shortened: pa.Array) -> pa.Array:
    """Ciphertexts, and after a blank what was not written of the values."""
    with_rest = pc.binary_join_element_wise(sealed, pc.utf8_slice_codeunits(refs, len(WITHOUT)), " ")
    return pc.if_else(is_shortened, with_rest, sealed)


@dataclass
class Retokenised:
    """What became of tokens.

    Attributes:
        wanted: tokens that stand somewhere without their ciphertext; only for these are pairs kept.
        pairs: old token to the tokens that its values have now.
        met: those of `wanted` whose ciphertext was found.
        values: values looked at: one for each row and column.
        changed: values with another token now.
        readable: values that had no token and have one now.
        unreadable: values that had a token and have none now.
    """

    wanted: frozenset[str] = frozenset()
    pairs: dict[str, list[str]] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    values: int = 0
    changed: int = 0
    readable: int = 0
    unreadable: int = 0

    def note(self, before: pa.Array, fresh: dict[str, pa.Array]) -> None:
        """Take in the tokens of a column until now, and what `renew` made of it."""
        after = fresh["token"]
        had, has = pc.is_valid(before), pc.is_valid(after)
        self.values += len(before)
        self.changed += _count(pc.fill_null(pc.not_equal(before, after), False))
        self.readable += _count(pc.and_(pc.invert(had), has))
        self.unreadable += _count(pc.and_(had, pc.invert(has)))
        # What was sealed is often the normal form of a release before: an opt-out of then is found by it.
        for old in (before, fresh["former"]):
            self._pair(pa.table({"old": old, "new": after}).filter(pc.is_valid(old)))

    def _pair(self, tokens: pa.Table) -> None:
        distinct = tokens.group_by(["old", "new"]).aggregate([])
        for old, new in zip(*(distinct[name].to_pylist() for name in ("old", "new")), strict=True):
            if old in self.wanted:
                self.met.add(old)
                if new is not None and new not in self.pairs.setdefault(old, []):
                    self.pairs[old].append(new)

    def moved(self) -> dict[str, list[str]]:
        """The pairs in which something changes."""
        return {old: new for old, new in self.pairs.items() if new != [old]}


def _count(truths: pa.Array) -> int:
    return int(pc.sum(truths).as_py() or 0)
