"""Links that only this installation makes, for clicks and to unsubscribe: one that was changed, or is old, is refused.

A token is `base64url(payload).base64url(tag)` without padding. The payload is JSON, `[version, purpose, delivery id,
expires, target]`; the tag is HMAC-SHA256 (RFC 2104) of it, cut to 128 bits, under a key of the version that is derived
from the keyring's token key. Exports make tokens; endpoints read them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from stores.keyring import Keyring

CLICK, UNSUBSCRIBE = "click", "unsubscribe"
LETTERS = {CLICK: "c", UNSUBSCRIBE: "u"}
"""The letter of each purpose: in tokens, and before them in the address of a link: `/c/<token>`."""

VERSION = 1
"""Of the keys that new tokens are made with. A new version makes new keys; those of `VERSIONS` are still accepted."""
VERSIONS = (1,)

_TAG_BYTES = 16
_LONGEST = 8_000


class LinkRefused(ValueError):
    """A token that is none of ours, was changed, or is too old. Its text says which, and nothing of what is in it."""


@dataclass(frozen=True)
class SignedLink:
    """What a token says.

    Attributes:
        delivery_id: the message that the link stood in.
        purpose: click or unsubscribe.
        target: where a click leads; empty for an unsubscription.
        expires: the moment from which it is refused.
    """

    delivery_id: str
    purpose: str
    target: str
    expires: datetime


class LinkSigner:
    """Makes and reads the tokens of an installation.

    Args:
        keyring: of the installation.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keys = {
            version: hmac.digest(keyring.token_key, f"guanxi signed links {version}".encode(), "sha256")
            for version in VERSIONS
        }

    def sign(self, link: SignedLink) -> str:
        """The token of a link.

        Args:
            link: what it says; `expires` is aware, and counts in whole seconds.
        """
        said = [VERSION, LETTERS[link.purpose], link.delivery_id, int(link.expires.timestamp()), link.target]
        payload = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_encoded(payload)}.{_encoded(self._tag(VERSION, payload))}"

    def read(self, token: str, purpose: str, now: datetime) -> SignedLink:
        """What a token says.

        Args:
            token: as it came back.
            purpose: what it is used for: a token for a click does not unsubscribe.
            now: the present moment, aware.

        Raises:
            LinkRefused: it is none of ours, was changed, is for something else, or is too old.
        """
        if not token.isascii() or len(token) > _LONGEST:
            raise LinkRefused("not a link of this installation")
        body, _, tag = token.partition(".")
        payload = _decoded(body)
        try:
            version, letter, delivery_id, expires, target = json.loads(payload)
            expected = self._tag(version, payload)
        except (ValueError, TypeError, KeyError, RecursionError) as bad:
            raise LinkRefused("not a link of this installation") from bad
        if not hmac.compare_digest(expected, _decoded(tag)):
            raise LinkRefused("not a link of this installation")
        if letter != LETTERS[purpose]:
            raise LinkRefused("a link for something else")
        if now.timestamp() >= expires:
            raise LinkRefused("a link that is too old")
        return SignedLink(delivery_id, purpose, target, datetime.fromtimestamp(expires, UTC))

    def _tag(self, version: int, payload: bytes) -> bytes:
        return hmac.digest(self._keys[version], payload, "sha256")[:_TAG_BYTES]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """What was encoded; only the one spelling that `_encoded` gives counts, or two tokens would say the same."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as bad:
        raise LinkRefused("not a link of this installation") from bad
    if _encoded(data) != text:
        raise LinkRefused("not a link of this installation")
    return data
