"""Opening the address of a message, and whether it is the one that its token stands for.

Every check of consent and suppression was made by the token. So an address is used only if it gives that token: a
ciphertext that was exchanged, by whatever accident, would otherwise reach somebody who said no.
"""

from __future__ import annotations

from exports.delivery.message_keys import Row
from stores.errors import UserError
from stores.keyring import Keyring

UNREADABLE = "address_unreadable"
MISMATCH = "address_not_of_token"


def open_address(keyring: Keyring, row: Row) -> str:
    """The address of a message in clear.

    Args:
        keyring: the keys of this installation.
        row: a message with `identifier_type`, `identifier_token` and `identifier_cipher`.

    Raises:
        UserError: the ciphertext cannot be opened, or what it opens to has another token.
    """
    clear = keyring.unseal(row["identifier_type"], row["identifier_cipher"])
    if keyring.token(row["identifier_type"], clear) != row["identifier_token"]:
        raise UserError(f"The sealed address of message {row['delivery_id']} is not the one that its token stands for.")
    return clear


def address_fault(keyring: Keyring, row: Row) -> str | None:
    """Why the address of a message must not be used; None when it may, or when it has no ciphertext.

    Raises:
        UserError: it was sealed with a key that is not in the keyring: that says nothing against the message.
    """
    cipher = row["identifier_cipher"]
    if not cipher:
        return None
    try:
        clear = keyring.unseal(row["identifier_type"], cipher)
    except UserError:
        if cipher.partition(".")[0] not in keyring.cipher_keys:
            raise
        return UNREADABLE
    return None if keyring.token(row["identifier_type"], clear) == row["identifier_token"] else MISMATCH
