"""The keys that turn personal data into tokens and ciphertexts.

A token is HMAC-SHA256 over identifier kind and normalised value: equal values give equal tokens, and nobody without the
key can make one from a guessed phone number. A ciphertext is AES-256-GCM bound to its kind. Both keys live in one file
with mode 0600, made on first use.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stores.errors import UserError

_NONCE_BYTES = 12
_TOKEN_HEX_DIGITS = 32


@dataclass(frozen=True, repr=False)
class Keyring:
    """Token key and cipher keys of one installation; read it with `load_keyring`."""

    token_key: bytes
    cipher_keys: dict[str, bytes]
    active: str

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        """Made once: setting a key up costs more than sealing a phone number."""
        return {name: AESGCM(key) for name, key in self.cipher_keys.items()}

    def token(self, kind: str, normalised: str) -> str:
        """Keyed token of an already normalised value: 32 hex digits, equal for equal (kind, value)."""
        message = kind.encode() + b"\x00" + normalised.encode()
        return hmac.digest(self.token_key, message, "sha256").hex()[:_TOKEN_HEX_DIGITS]

    def seal(self, kind: str, clear: str) -> str:
        """Encrypt; the result reads `<key id>.<base64 of nonce and ciphertext>` and opens only as the same kind."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.active].encrypt(nonce, clear.encode(), kind.encode())
        return f"{self.active}.{base64.b64encode(nonce + sealed).decode()}"

    def unseal(self, kind: str, ciphertext: str) -> str:
        """Decrypt what `seal` made.

        Raises:
            UserError: the key is not in this keyring, the kind differs, or the text was changed.
        """
        key_id, _, body = ciphertext.partition(".")
        try:
            raw = base64.b64decode(body, validate=True)
            opened = self._ciphers[key_id].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], kind.encode())
        except (KeyError, ValueError, InvalidTag) as bad:
            raise UserError(
                f"A sealed {kind} cannot be opened: it was made with another key (key id {key_id[:12]!r}) or altered. "
                "Restore the keyring file that belongs to this data folder."
            ) from bad
        return opened.decode()


def load_keyring(path: Path) -> Keyring:
    """Read the keyring, making a new one where none is.

    Raises:
        UserError: the file is damaged.
    """
    if not path.exists():
        _create(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Keyring(
            token_key=base64.b64decode(document["token_key"]),
            cipher_keys={name: base64.b64decode(key) for name, key in document["cipher_keys"].items()},
            active=document["active"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise UserError(
            f"The keyring {path.name} is damaged. Restore it from a backup; do not make a new one."
        ) from bad


def _create(path: Path) -> None:
    """Write a fresh keyring atomically: of two processes that start together, one wins and both read its keys."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = {
        "token_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "cipher_keys": {"k1": base64.b64encode(secrets.token_bytes(32)).decode()},
        "active": "k1",
    }
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
