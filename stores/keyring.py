"""The keys that turn personal data into tokens and ciphertexts.

A token is HMAC-SHA256 over identifier kind and normalised value: equal values give equal tokens, and nobody without the
key can make one from a guessed phone number. A ciphertext is AES-256-GCM bound to its kind. Both keys live in one file
with mode 0600. Which keys belong to a data folder, and when new ones may be made, is said in `stores.key_record`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stores.errors import UserError

KEY_BYTES = 32

_NONCE_BYTES = 12
_TOKEN_HEX_DIGITS = 32
_FINGERPRINT_HEX_DIGITS = 16
_INNER, _OUTER = (bytes(letter ^ pad for letter in range(256)) for pad in (0x36, 0x5C))

log = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Keyring:
    """Token key and cipher keys of one installation; open it with `stores.key_record.open_keyring`."""

    token_key: bytes
    cipher_keys: dict[str, bytes]
    active: str

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        """Made once: setting a key up costs more than sealing a phone number."""
        return {name: AESGCM(key) for name, key in self.cipher_keys.items()}

    @cached_property
    def _hmac(self) -> tuple[Any, Any]:
        """HMAC-SHA256 (RFC 2104) with the token key already in it, because hashing the key costs as much as a value."""
        block = self.token_key.ljust(hashlib.sha256().block_size, b"\x00")
        return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))

    def token(self, kind: str, normalised: str) -> str:
        """Keyed token of an already normalised value: 32 hex digits, equal for equal (kind, value)."""
        inner, outer = self._hmac
        hashed = inner.copy()
        hashed.update(kind.encode() + b"\x00" + normalised.encode())
        keyed = outer.copy()
        keyed.update(hashed.digest())
        return keyed.hexdigest()[:_TOKEN_HEX_DIGITS]

    def seal(self, kind: str, clear: str) -> str:
        """Encrypt; the result reads `<key id>.<base64 of nonce and ciphertext>` and opens only as the same kind."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.active].encrypt(nonce, clear.encode(), kind.encode())
        return f"{self.active}.{base64.b64encode(nonce + sealed).decode()}"

    def fingerprints(self) -> dict[str, str]:
        """A keyed digest of each key by its id (`token` for the token key): tells keys apart and gives none away."""
        keys = {"token": self.token_key, **self.cipher_keys}
        return {
            name: hmac.digest(key, b"guanxi key fingerprint", "sha256").hex()[:_FINGERPRINT_HEX_DIGITS]
            for name, key in keys.items()
        }

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
    """Read a keyring file; it is never made or repaired here.

    Args:
        path: the key file.

    Raises:
        UserError: the file is missing, unreadable or damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _keep_private(path)
    except FileNotFoundError as missing:
        raise UserError(f"The keyring {path} is missing. Restore it from the backup of this data folder.") from missing
    except (OSError, UnicodeDecodeError) as bad:
        raise UserError(_damaged(path, getattr(bad, "strerror", None) or "it is not text")) from bad
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise UserError(_damaged(path, "it is not JSON" if text.strip() else "it is empty")) from bad
    try:
        return _read(document)
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        reason = bad.args[0] if type(bad) is ValueError else "a key is missing or of the wrong kind"
        raise UserError(_damaged(path, reason)) from bad


def make_keyring(path: Path) -> Keyring:
    """The keyring at a place, with new random keys where there is none; of processes that start together, one makes it.

    Only for an installation without data: `stores.key_record.open_keyring` knows which one is.

    Args:
        path: the key file; its folder is made when missing.

    Raises:
        UserError: a file is there and damaged, or none can be written.
    """
    if not path.exists():
        try:
            _create(path)
        except OSError as bad:
            raise UserError(f"The keyring {path} cannot be written: {bad.strerror}. Choose another `home`.") from bad
    return load_keyring(path)


def _read(document: Any) -> Keyring:
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    ciphers = {name: _key(f"cipher key {name!r}", text) for name, text in document["cipher_keys"].items()}
    active = document["active"]
    if active not in ciphers:
        raise ValueError("its active cipher key is not in it")
    return Keyring(_key("token key", document["token_key"]), ciphers, active)


def _key(what: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as bad:
        raise ValueError(f"its {what} is not base64") from bad
    if len(key) != KEY_BYTES:
        raise ValueError(f"its {what} has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _damaged(path: Path, reason: str) -> str:
    return f"The keyring {path} is damaged: {reason}. Restore it from the backup of this data folder."


def _keep_private(path: Path) -> None:
    """Take reading rights from everybody else; a restored backup often comes with the usual ones."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        try:
            path.chmod(0o600)
        except OSError:
            log.warning("The keyring %s can be read by others. Its owner should run: chmod 600 %s", path, path)


def _create(path: Path) -> None:
    """Write a fresh keyring at once and whole: of two processes that start together, one wins, both read its keys."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Random, so that a sealed value names the keyring that made it.
    name = f"k{secrets.token_hex(4)}"
    document = {
        "token_key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        "cipher_keys": {name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()},
        "active": name,
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
