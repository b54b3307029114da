"""What a campaign brought as cells of a table, each leading to the customers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.components.figures import drill_down
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.html import Bar
from dashboards.components.i18n import NOTHING, number, percent, t


@dataclass(frozen=True)
class OutcomeCells:
    """The results of a campaign, or of a part of it.

    Attributes:
        campaign: its id.
        results: figures by name, as `campaign_performance` has them.
        chosen: the filters of the page.
        channel: empty for every one.
        version: None for every one.
        variant: empty for every one.
    """

    campaign: str
    results: Mapping[str, Any]
    chosen: Chosen
    channel: str = ""
    version: int | None = None
    variant: str = ""

    def count(self, name: str) -> Any:
        """How many messages.

        Args:
            name: planned, sent, delivered …
        """
        return NOTHING if self._of(name) is None else self._messages(number(self._of(name)), name)

    def rate(self, name: str, colour: str = "") -> Any:
        """The share of the messages that were sent; with a bar where it has a colour."""
        sent = int(self._of("sent") or 0)
        if not sent:
            return NOTHING
        if self._of(name) is None:
            return t("engage.experiment.no_data")  # a goal that no channel tells of
        share = int(self._of(name)) / sent
        return self._messages(Bar(percent(share), share, colour) if colour else percent(share), name)

    def held_out(self) -> Any:
        """How many customers are held out."""
        return self._holdouts(number(self._of("holdout_customers")), "holdout_customers", "held_out")

    def holdout_rate(self) -> Any:
        """The share of those held out who reached the goal all the same."""
        held_out = int(self._of("holdout_customers") or 0)
        if not held_out:
            return NOTHING
        if self._of("holdout_converted") is None:
            return t("engage.experiment.no_data")
        share = int(self._of("holdout_converted")) / held_out
        return self._holdouts(percent(share), "holdout_converted", "converted")

    def _of(self, name: str) -> Any:
        return self.results.get(name)

    def _messages(self, shown: str | Bar, name: str) -> Any:
        which = _address(self.campaign, name, self.channel, self._version(), self.variant)
        return drill_down.cell(shown, int(self._of(name)), "messages", self.chosen, which)

    def _holdouts(self, shown: str, name: str, what: str) -> Any:
        which = _address(self.campaign, what, self._version(), self.channel)
        return drill_down.cell(shown, int(self._of(name) or 0), "holdouts", self.chosen, which)

    def _version(self) -> str:
        return "" if self.version is None else str(self.version)


def _address(*parts: str) -> str:
    return ".".join(parts).rstrip(".")
