"""What planned messages cost, by the rows of the seed `message_prices`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.published_copy import PublishedCopy
from serving.rules import rule_rows

if TYPE_CHECKING:
    from exports.preview.campaign_preview import StepTexts

SEED = "message_prices"
_EVERY = "*"


@dataclass(frozen=True)
class Prices:
    """Price of a message, or of a part of a text message, in the reporting currency.

    Attributes:
        rows: by channel, destination and country; `*` stands for every one.
    """

    rows: Mapping[tuple[str, str, str], float]

    def price(self, channel: str, destination: str, country: str) -> float | None:
        """The price of the row that names most; None where no row is of the channel.

        Args:
            channel: message channel.
            destination: who sends it.
            country: of the company, ISO 3166.
        """
        for key in (
            (channel, destination, country), (channel, destination, _EVERY), (channel, _EVERY, country),
            (channel, _EVERY, _EVERY),
        ):  # fmt: skip
            if key in self.rows:
                return self.rows[key]
        return None

    def cost(
        self, channels: Iterable[Mapping[str, Any]], texts: Sequence[StepTexts], country: str
    ) -> list[dict[str, Any]]:
        """What messages cost before and after; text messages by the parts that the planned texts have on average.

        Args:
            channels: rows with `channel`, `destination` and messages `before` and `after`.
            texts: the planned texts.
            country: of the company.

        Returns:
            The rows with `parts` (of a message, on average), `price`, `cost_before`, `cost_after`; null without price.
        """
        found = []
        for row in channels:
            price = self.price(row["channel"], row["destination"], country)
            parts = _parts(row["channel"], texts)
            each = None if price is None else price * parts
            found.append(
                {
                    **row,
                    "parts": round(parts, 3),
                    "price": price,
                    "cost_before": None if each is None else round(each * row["before"], 2),
                    "cost_after": None if each is None else round(each * row["after"], 2),
                }
            )
        return found


def read_prices(published: PublishedCopy) -> Prices:
    """The prices of a publication; none where it was made before there were any."""
    if not published.has(f"rules.{SEED}"):
        return Prices({})
    rows = rule_rows(published, SEED)
    return Prices({(row["channel"], row["destination"], row["country"]): float(row["price"]) for row in rows})


def _parts(channel: str, texts: Sequence[StepTexts]) -> float:
    """Parts that a message of the channel has on average; 1 where messages have none."""
    mine = [one.texts for one in texts if one.channel == channel and one.texts.parts is not None]
    messages = sum(one.messages - sum(one.not_allowed.values()) for one in mine)
    return sum(one.parts or 0 for one in mine) / messages if messages else 1
