"""The address of a message: found in the vault by its token, opened, and held against the token once more.

Every check of consent and suppression was made by the token. So an address is used only if it gives that token: a
ciphertext that was exchanged, by whatever accident, would otherwise reach somebody who said no.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Engine, and_, select

from exports.delivery.message_keys import Row
from stores.errors import UserError
from stores.keyring import Keyring
from stores.lake.vault import SEALED_KINDS, VaultReader
from stores.operations import deliveries, reading

MISSING = "address_not_in_vault"
UNREADABLE = "address_unreadable"
MISMATCH = "address_not_of_token"

_IN_ONE_LIST = 50_000


def waiting_tokens(store: Engine, publication_id: str, destination: str) -> Iterator[list[str]]:
    """The tokens of the messages that wait for a destination and have a sealed address, in lists.

    Args:
        store: the operations store.
        publication_id: only messages of this publication's plan.
        destination: the destination instance.
    """
    d = deliveries.c
    waiting = and_(d.publication_id == publication_id, d.destination == destination, d.state == "queued")
    statement = select(d.identifier_token).where(waiting, d.identifier_type.in_(SEALED_KINDS))
    with reading(store) as connection:
        found = connection.execution_options(stream_results=True).execute(statement)
        for rows in found.partitions(_IN_ONE_LIST):
            yield [row[0] for row in rows]


def find_addresses(vault: VaultReader, rows: Iterable[dict[str, Any]]) -> None:
    """Note on messages their sealed address as `address_cipher`, in one look into the vault; None where it has none.

    An id that is not personal stands for itself and is not in the vault.

    Args:
        vault: of this installation.
        rows: messages with `identifier_type` and `identifier_token`.

    Raises:
        UserError: the vault is missing or cannot be read.
    """
    sealed = [row for row in rows if is_sealed(row)]
    found = vault.find(row["identifier_token"] for row in sealed if row["identifier_token"])
    for row in rows:
        row["address_cipher"] = None
    for row in sealed:
        row["address_cipher"] = found.get(row["identifier_token"], (None, None))[1]


def is_sealed(row: Row) -> bool:
    """Whether the address of a message is a personal value, which only the vault has."""
    return row["identifier_type"] in SEALED_KINDS


def open_address(keyring: Keyring, row: Row) -> str:
    """The address of a message in clear.

    Args:
        keyring: the keys of this installation.
        row: a message with `identifier_type`, `identifier_token` and `address_cipher`.

    Raises:
        UserError: it is not in the vault, cannot be opened, or what it opens to has another token.
    """
    if not row["address_cipher"]:
        raise UserError(f"The sealed address of message {row['delivery_id']} is not in the vault.")
    clear = keyring.unseal(row["identifier_type"], row["address_cipher"])
    if keyring.token(row["identifier_type"], clear) != row["identifier_token"]:
        raise UserError(f"The sealed address of message {row['delivery_id']} is not the one that its token stands for.")
    return clear


def address_fault(keyring: Keyring, row: Row) -> str | None:
    """Why the address of a message must not be used; None when it may, or when it is an id that stands for itself.

    Raises:
        UserError: it was sealed with a key that is not in the keyring: that says nothing against the message.
    """
    if not is_sealed(row):
        return None
    cipher = row["address_cipher"]
    if not cipher:
        return MISSING
    try:
        clear = keyring.unseal(row["identifier_type"], cipher)
    except UserError:
        if cipher.partition(".")[0] not in keyring.cipher_keys:
            raise
        return UNREADABLE
    return None if keyring.token(row["identifier_type"], clear) == row["identifier_token"] else MISMATCH
