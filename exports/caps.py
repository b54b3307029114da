"""Frequency caps: how many messages a customer may get in a rolling stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

UNCAPPED = "service"
CAP_CLASSES = ("marketing", UNCAPPED)


@dataclass(frozen=True)
class Cap:
    """At most `messages` in any stretch of `window`."""

    messages: int
    window: timedelta


WEEK = timedelta(days=7)
CAPS = {"high": Cap(3, WEEK), "ordinary": Cap(1, WEEK)}
"""Caps of marketing messages by value tier of the customer."""


def cap_of(cap_class: str | None, value_tier: str | None) -> Cap | None:
    """The cap that a message counts against; None when it counts against none.

    Args:
        cap_class: the campaign's class; one of `CAP_CLASSES`.
        value_tier: the customer's tier; an unknown one gets the strictest cap.
    """
    if cap_class == UNCAPPED:
        return None
    return CAPS.get(value_tier or "", CAPS["ordinary"])
