"""Limits of messages to one customer: on a channel, of a campaign, of all together.

The numbers are the rows of the seed `message_limits`, the same that the campaign plan uses. Its rows `fatigue` count in
the plan alone: only the plan knows what was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from exports.policy.frequency_caps import Cap
from stores.errors import UserError

# What messages have in common that count against one limit; nothing: all messages of the customer count.
_SCOPES = {"channel_cap": "channel", "programme_cap": "campaign_id", "total_cap": None}
_IN_THE_PLAN_ALONE = "fatigue"
_LONGEST_MONTH = 31


class Slot(NamedTuple):
    """A message that counts against the limits of its customer, and its business day."""

    cap_class: str | None
    channel: str
    campaign_id: str
    day: date


@dataclass(frozen=True)
class MessageLimit:
    """At most `messages` to a customer within a window, of those with the same `scope`.

    Attributes:
        name: the plan reason of what does not fit.
        messages: messages at most.
        days: length of the window in business days, today with it.
        per_calendar_month: whether the window is the calendar month instead.
        scope: the field of a `Slot` that they share; None where all messages count.
    """

    name: str
    messages: int
    days: int
    per_calendar_month: bool
    scope: str | None

    def counts(self, slot: Slot, row: Mapping[str, Any], today: date) -> bool:
        """Whether an earlier message takes room from the one of a row."""
        if self.scope and getattr(slot, self.scope) != row[self.scope]:
            return False
        if self.per_calendar_month:
            return (slot.day.year, slot.day.month) == (today.year, today.month)
        return (today - slot.day).days < self.days

    def free_on(self, day: date) -> date:
        """The day on which a place that was taken on `day` is free again."""
        if self.per_calendar_month:
            return (day.replace(day=1) + timedelta(days=_LONGEST_MONTH + 1)).replace(day=1)
        return day + timedelta(days=self.days)


@dataclass(frozen=True)
class MessageLimits:
    """All of them; make them with `limits_of`."""

    by_channel: Mapping[str, MessageLimit]
    of_all: tuple[MessageLimit, ...]

    @property
    def longest(self) -> int:
        """The longest stretch that any limit looks back over, in days."""
        limits = [*self.by_channel.values(), *self.of_all]
        return max((_LONGEST_MONTH if one.per_calendar_month else one.days for one in limits), default=0)

    def of(self, channel: str) -> tuple[MessageLimit, ...]:
        """The limits that a message on a channel counts against."""
        on_channel = self.by_channel.get(channel)
        return (on_channel, *self.of_all) if on_channel else self.of_all


def frequency_limit(cap: Cap) -> MessageLimit:
    """A frequency cap as a limit of the messages of one class."""
    return MessageLimit("frequency_cap", cap.messages, cap.days, per_calendar_month=False, scope="cap_class")


def limits_of(rows: Iterable[dict[str, str]], place: str) -> MessageLimits:
    """The limits that rows say.

    Args:
        rows: of the seed `message_limits`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense.
    """
    by_channel: dict[str, MessageLimit] = {}
    of_all: list[MessageLimit] = []
    for number, row in enumerate(rows, start=2):
        limit = _limit(row, f"{place}:{number}")
        if limit.scope == "channel":
            by_channel[row["channel"]] = limit
        elif limit.name != _IN_THE_PLAN_ALONE:
            of_all.append(limit)
    return MessageLimits(by_channel, tuple(of_all))


def _limit(row: dict[str, str], place: str) -> MessageLimit:
    try:
        name, channel, is_monthly = row["limit_name"], row["channel"], row["per_calendar_month"]
        messages, days = int(row["max_messages"]), int(row["window_days"])
    except (KeyError, TypeError, ValueError) as bad:
        raise UserError(
            f"{place}: a limit needs limit_name, channel, per_calendar_month and whole numbers for max_messages and "
            "window_days."
        ) from bad
    if name not in (*_SCOPES, _IN_THE_PLAN_ALONE):
        allowed = ", ".join((*_SCOPES, _IN_THE_PLAN_ALONE))
        raise UserError(f"{place}: limit_name must be one of {allowed}, not {name!r}.")
    if (name == "channel_cap") != bool(channel):
        raise UserError(f"{place}: a channel_cap names its channel, the other limits none.")
    if is_monthly not in ("true", "false"):
        raise UserError(f"{place}: per_calendar_month must be true or false, not {is_monthly!r}.")
    if messages < 0 or days < 1:
        raise UserError(f"{place}: max_messages must be 0 or more and window_days 1 or more.")
    return MessageLimit(name, messages, days, is_monthly == "true", _SCOPES.get(name))
