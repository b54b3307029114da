"""Whose keys are these? Proven by data that says of no keyring that it was written with it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from ingestion.contract.table import TOKEN_KINDS
from ingestion.personal_data.protection import scope_of
from ingestion.personal_data.retokenisation import every_part, personal_columns
from stores.errors import UserError
from stores.keyring import Keyring
from stores.lake.vault import find_sealed
from stores.operations import consents, deliveries, suppressions
from stores.settings import Settings

# Sealed in the very form that its token is made of; names and addresses are sealed as written.
_SEALED_AS_TOKENISED = ("phone", "any_phone", "email", "id_number")


def prove_lake(settings: Settings, keyring: Keyring) -> bool:
    """Hold the keys against the first value of the lake that has a token, and a ciphertext beside it or in the vault.

    Returns:
        False where the lake has no such value, and so nothing that was made with keys.

    Raises:
        UserError: they are not the keys of this lake.
    """
    for part in every_part(settings):
        for name, kind in personal_columns(settings, part, keyring).items():
            if kind not in _SEALED_AS_TOKENISED:
                continue
            pair = _first_pair(settings, part, name)
            if pair:
                _hold(keyring, scope_of(kind), *pair, f"the lake ({part.relative_to(settings.lake)})")
                return True
    return False


def _first_pair(settings: Settings, part: Path, name: str) -> tuple[str, str] | None:
    """The first token of a column with its ciphertext; None where there is none."""
    is_beside = f"{name}_cipher" in pq.read_schema(part).names
    names = [f"{name}_token", *([f"{name}_cipher"] if is_beside else [])]
    rows = pq.read_table(part, columns=names, partitioning=None)
    rows = rows.filter(pc.and_(pc.is_valid(rows.column(0)), pc.is_valid(rows.column(-1))))
    if not rows.num_rows:
        return None
    token = rows.column(0)[0].as_py()
    if is_beside:
        return token, rows.column(1)[0].as_py()
    found = find_sealed(settings, [token])
    return (token, found[token][1]) if token in found else None


def prove_operations(connection: Connection, keyring: Keyring, lake_is_proven: bool) -> None:
    """Hold the keys against the newest message of the operations store that has token and ciphertext.

    Args:
        connection: a connection to the store.
        keyring: the keys.
        lake_is_proven: whether the lake of the same data folder was written with them: that is proof enough for a
            store without a single ciphertext.

    Raises:
        UserError: they are not the keys of this store, or nothing can prove that they are.
    """
    d = deliveries.c
    sealed = select(d.identifier_type, d.identifier_token, d.identifier_cipher).where(
        d.identifier_cipher.is_not(None), d.identifier_type.in_(_SEALED_AS_TOKENISED)
    )
    found = connection.execute(sealed.order_by(d.planned_at.desc()).limit(1)).first()
    if found:
        _hold(keyring, scope_of(found[0]), found[1], found[2], "the operations store")
        return
    personal = [
        connection.scalar(select(table.c.identifier_token).where(table.c.identifier_type.in_(TOKEN_KINDS)).limit(1))
        for table in (consents, suppressions)
    ]
    if any(personal) and not lake_is_proven:
        raise UserError(
            "The operations store holds opt-outs or consents, but no ciphertext in this data folder can prove that "
            "they were made with this keyring. Restore the lake that belongs to them from its backup, then run again."
        )


def _hold(keyring: Keyring, scope: str, token: str, cipher: str, where: str) -> None:
    try:
        is_ours = keyring.token(scope, keyring.unseal(scope, cipher)) == token
    except UserError:
        is_ours = False
    if not is_ours:
        raise UserError(
            f"The keyring is not the one that {where} was written with. Nothing was changed; restore the keyring that "
            "belongs to this data folder from its backup."
        )
