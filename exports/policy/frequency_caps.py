"""Frequency caps: how many messages a customer may get in how many days.

The numbers are the rows of the seed `frequency_caps`, the same that the campaign plan uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stores.dbt_files.seed_rows import seed_rows
from stores.errors import UserError
from stores.settings import Settings

DEFAULT_CLASS = "marketing"


@dataclass(frozen=True)
class Cap:
    """At most `messages` on any `days` business days in a row."""

    messages: int
    days: int


@dataclass(frozen=True)
class Caps:
    """The caps of every class of campaign and value tier of customer."""

    by_class: dict[str, dict[str, Cap]]

    @property
    def classes(self) -> list[str]:
        """The classes that a campaign can have."""
        return sorted(self.by_class)

    @property
    def longest(self) -> int:
        """The longest stretch that any cap looks back over, in days."""
        return max(cap.days for tiers in self.by_class.values() for cap in tiers.values())

    def of(self, cap_class: str | None, value_tier: str | None) -> Cap:
        """The cap that a message counts against.

        Args:
            cap_class: the campaign's class; an unknown one counts as marketing, as in the plan.
            value_tier: the customer's tier; an unknown one gets the strictest cap of the class.
        """
        tiers = self.by_class.get(cap_class or "") or self.by_class[DEFAULT_CLASS]
        known = tiers.get(value_tier or "")
        return known or min(tiers.values(), key=lambda cap: cap.messages / cap.days)


def read_caps(settings: Settings) -> Caps:
    """Read the seed.

    Raises:
        UserError: it is missing, or a row of it makes no sense.
    """
    return caps_of(seed_rows(settings.project_root / "dbt_project", "frequency_caps"), "frequency_caps.csv")


def caps_of(rows: Iterable[dict[str, str]], place: str) -> Caps:
    """The caps that rows say.

    Args:
        rows: of the seed `frequency_caps`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense, or marketing has no cap.
    """
    by_class: dict[str, dict[str, Cap]] = {}
    for number, row in enumerate(rows, start=2):
        try:
            cap = Cap(int(row["max_messages"]), int(row["window_days"]))
            tier, cap_class = row["value_tier"], row["cap_class"]
        except (KeyError, TypeError, ValueError) as bad:
            raise UserError(
                f"{place}:{number}: a cap needs cap_class, value_tier and whole numbers for max_messages and "
                "window_days."
            ) from bad
        if cap.messages < 0 or cap.days < 1:
            raise UserError(f"{place}:{number}: max_messages must be 0 or more and window_days 1 or more.")
        by_class.setdefault(cap_class, {})[tier] = cap
    if DEFAULT_CLASS not in by_class:
        raise UserError(f"{place}: there is no cap of class {DEFAULT_CLASS!r}. Nothing is sent without one.")
    return Caps(by_class)
