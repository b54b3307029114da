"""The operations store in other normal forms: messages and everything else by the pairs of tokens.

Messages that a release before the vault planned have their ciphertext beside them: it goes into the vault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Table, bindparam, select, update

from ingestion.contract.table import TOKEN_KINDS
from ingestion.personal_data.protection import is_sealed_as_written, scope_of
from ingestion.personal_data.retokenised_column import Retokenised, SealedColumn, in_columns, retokenise_column
from ingestion.personal_data.sealed_values import SealedValues
from stores.errors import UserError
from stores.keyring import Keyring
from stores.lake.vault import find_sealed, vault_files
from stores.operations import deliveries
from stores.operations.table_base import wall_clock
from stores.settings import Settings

_ROWS = 50_000
_NEEDED = ("delivery_id", "identifier_type", "identifier_token", "identifier_cipher")


def note_deliveries(
    connection: Connection, settings: Settings, keyring: Keyring, renewed: Retokenised, keep: SealedValues
) -> None:
    """Take in which tokens messages with a ciphertext have today, and the ciphertexts; nothing is written.

    Raises:
        UserError: a ciphertext cannot be opened.
    """
    for kind, rows, tokens, parts in _renewed(connection, settings, keyring, keep):
        renewed.note(tokens, parts)
        # A message whose address is none any more keeps its token, and the vault keeps what it stands for.
        lost = pc.and_(pc.is_valid(tokens), pc.is_null(parts["token"])).to_pylist()
        left = [row for row, is_lost in zip(rows, lost, strict=True) if is_lost]
        keep.add(scope_of(kind), [row["identifier_token"] for row in left], [row["identifier_cipher"] for row in left])


def note_vault(settings: Settings, keyring: Keyring, renewed: Retokenised, keep: SealedValues) -> None:
    """Take in which tokens those have today whose value no table holds, but the vault does; nothing is written.

    Raises:
        UserError: a ciphertext cannot be opened.
    """
    left = renewed.wanted - renewed.met
    found = find_sealed(settings, left) if vault_files(settings) else {}
    for kind in TOKEN_KINDS:
        if is_sealed_as_written(kind) or scope_of(kind) != kind:
            continue
        pairs = [(ref, sealed) for ref, (scope, sealed) in found.items() if scope == kind]
        tokens, sealed = (pa.array([pair[at] for pair in pairs], pa.string()) for at in (0, 1))
        renewed.note(tokens, retokenise_column(settings, keyring, kind, SealedColumn(tokens, sealed, None), keep))


def renew_deliveries(connection: Connection, settings: Settings, keyring: Keyring) -> int:
    """Give messages with a ciphertext the tokens of today, in its place; returns how many have another one now.

    The ciphertexts are in the vault by now. A message whose address is none any more keeps its token: it is what its
    opt-outs know it by.
    """
    table: Table = deliveries
    statement = (
        update(table)
        .where(table.c.delivery_id == bindparam("key"))
        .values(identifier_token=bindparam("token"), identifier_cipher=None, updated_at=bindparam("moment"))
    )
    changed = 0
    for _, rows, tokens, parts in _renewed(connection, settings, keyring, SealedValues()):
        fresh = zip(rows, tokens.to_pylist(), parts["token"].to_pylist(), strict=True)
        moved = [
            {"key": row["delivery_id"], "token": after or before, "moment": wall_clock()}
            for row, before, after in fresh
        ]
        connection.execute(statement, moved)
        changed += pc.sum(pc.fill_null(pc.not_equal(tokens, parts["token"]), False)).as_py() or 0
    return changed


def _renewed(
    connection: Connection, settings: Settings, keyring: Keyring, keep: SealedValues
) -> Iterator[tuple[str, list[Any], pa.Array, dict[str, pa.Array]]]:
    """Messages with a ciphertext, of one kind at a time: kind, rows, tokens until now, what they have today."""
    d = deliveries.c
    kinds: list[str] = list(connection.scalars(select(d.identifier_type).distinct().order_by(d.identifier_type)))
    for kind in kinds:
        if kind not in TOKEN_KINDS:
            continue
        after = ""
        while True:
            rows = list(
                connection.execute(
                    select(*(d[name] for name in _NEEDED))
                    .where(d.identifier_type == kind, d.identifier_cipher.is_not(None), d.delivery_id > after)
                    .order_by(d.delivery_id)
                    .limit(_ROWS)
                ).mappings()
            )
            if not rows:
                break
            after = rows[-1]["delivery_id"]
            tokens, ciphers = (
                pa.array([row[name] for row in rows], pa.string()) for name in ("identifier_token", "identifier_cipher")
            )
            try:
                parts = retokenise_column(settings, keyring, kind, in_columns(tokens, ciphers, None), keep)
            except UserError as bad:
                raise UserError(f"The delivery ledger: {bad} Nothing was changed.") from bad
            yield kind, rows, tokens, parts
