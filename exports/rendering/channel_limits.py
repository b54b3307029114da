"""How long the parts of a message may be on each message channel: rows of the seed `channel_limits`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exports.policy.sms_size import sms_parts
from stores.errors import UserError

SEED = "channel_limits"
_UNITS = ("characters", "bytes", "parts")


@dataclass(frozen=True)
class Limit:
    """One row of the seed.

    Attributes:
        part: of the message.
        unit: characters, bytes or parts.
        most: the most that it may have.
    """

    part: str
    unit: str
    most: int


Limits = Mapping[str, tuple[Limit, ...]]


def channel_limits_of(rows: Iterable[Mapping[str, str]], place: str) -> dict[str, tuple[Limit, ...]]:
    """The limits by channel.

    Args:
        rows: of the seed `channel_limits`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense.
    """
    found: dict[str, tuple[Limit, ...]] = {}
    for line, row in enumerate(rows, start=2):
        try:
            limit = Limit(row["part"].strip(), row["unit"].strip(), int(row["most"]))
            channel = row["channel"].strip()
            if not (channel and limit.part and limit.unit in _UNITS and limit.most > 0):
                raise ValueError(channel)
        except (KeyError, ValueError, AttributeError) as bad:
            raise UserError(
                f"{place}:{line}: a limit needs channel, part, unit ({', '.join(_UNITS)}) and most (1 or more)."
            ) from bad
        found[channel] = (*found.get(channel, ()), limit)
    return found


def too_long(limits: Iterable[Limit], content: Mapping[str, Any]) -> str | None:
    """What of a message is longer than its channel takes; None where nothing is.

    Args:
        limits: of the channel.
        content: the parts of the message, as they would leave.
    """
    for limit in limits:
        if limit.part in content:
            measured = _measured(limit, content)
            if measured > limit.most:
                return f"too long: {limit.part} has {measured} {limit.unit}, and {limit.most} are allowed"
    return None


def _measured(limit: Limit, content: Mapping[str, Any]) -> int:
    text = str(content[limit.part])
    if limit.unit == "parts":
        # a text message knows how many it is
        return int(content["parts"]) if limit.part == "text" and "parts" in content else sms_parts(text)
    return len(text) if limit.unit == "characters" else len(text.encode())
