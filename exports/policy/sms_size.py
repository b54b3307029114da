"""How long a text message is and how many messages it is charged as: GSM 03.38 where its letters allow, else UCS-2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each is sent as two: an escape and itself.
_EXTENDED = frozenset("\f^{}\\[~]|€")
GSM, UCS2 = "GSM-7", "UCS-2"
# How long a message may be that is alone, and each of several, which carry a header.
_ROOM = {GSM: (160, 153), UCS2: (70, 67)}


@dataclass(frozen=True)
class SmsSize:
    """What a text takes up as a text message.

    Attributes:
        characters: as the encoding counts them.
        encoding: GSM-7 or UCS-2.
        parts: how many messages it is charged as.
        forced_by: the characters, each once, for which GSM-7 has no letter; without them it would be shorter to send.
    """

    characters: int
    encoding: str
    parts: int
    forced_by: str


def sms_size(text: str) -> SmsSize:
    """Measure a text message.

    Args:
        text: as it is sent.
    """
    forced_by = "".join(dict.fromkeys(letter for letter in text if letter not in _BASIC and letter not in _EXTENDED))
    if forced_by:
        encoding, widths = UCS2, [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    else:
        encoding, widths = GSM, [2 if letter in _EXTENDED else 1 for letter in text]
    alone, each = _ROOM[encoding]
    characters = sum(widths)
    return SmsSize(characters, encoding, 1 if characters <= alone else _packed(widths, each), forced_by)


def sms_parts(text: str) -> int:
    """How many messages a text is charged as."""
    return sms_size(text).parts


def _packed(widths: Iterable[int], room: int) -> int:
    """How many parts characters fill: one that is two units wide is never cut in two."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
