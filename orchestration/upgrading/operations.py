"""The operations store in other normal forms: messages by their ciphertexts, everything else by the pairs of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Table, bindparam, select, update

from ingestion.contract.table import TOKEN_KINDS
from ingestion.personal_data.retokenisation import Retokenised, retokenise_channel
from stores.errors import UserError
from stores.keyring import Keyring
from stores.operations import deliveries
from stores.operations.table_base import wall_clock
from stores.settings import Settings

_ROWS = 50_000
_NEEDED = ("delivery_id", "identifier_type", "identifier_token", "identifier_cipher")


def note_deliveries(connection: Connection, settings: Settings, keyring: Keyring, renewed: Retokenised) -> None:
    """Take in which tokens the messages of the ledger have today; nothing is written.

    Raises:
        UserError: a ciphertext cannot be opened.
    """
    for _, tokens, parts in _renewed(connection, settings, keyring):
        renewed.note(tokens, parts)


def renew_deliveries(connection: Connection, settings: Settings, keyring: Keyring) -> int:
    """Give the messages of the ledger the tokens and ciphertexts of today; returns how many changed.

    A message whose address is none any more keeps its token: it is what its opt-outs know it by.
    """
    table: Table = deliveries
    statement = (
        update(table)
        .where(table.c.delivery_id == bindparam("key"))
        .values(
            identifier_token=bindparam("token"), identifier_cipher=bindparam("cipher"), updated_at=bindparam("moment")
        )
    )
    changed = 0
    for rows, tokens, parts in _renewed(connection, settings, keyring):
        fresh = zip(rows, tokens.to_pylist(), parts["token"].to_pylist(), parts["cipher"].to_pylist(), strict=True)
        moved = [
            {"key": row["delivery_id"], "token": after, "cipher": cipher, "moment": wall_clock()}
            for row, before, after, cipher in fresh
            if after is not None and after != before
        ]
        if moved:
            connection.execute(statement, moved)
        changed += len(moved)
    return changed


def _renewed(
    connection: Connection, settings: Settings, keyring: Keyring
) -> Iterator[tuple[list[Any], pa.Array, dict[str, pa.Array]]]:
    """Messages with a ciphertext, of one kind at a time: rows, tokens until now, what they have today."""
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
                parts = retokenise_channel(settings, keyring, kind, ciphers, None, tokens)
            except UserError as bad:
                raise UserError(f"The delivery ledger: {bad} Nothing was changed.") from bad
            yield rows, tokens, parts
