"""What customers may do in the days after a day, and what they were like on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What customers may do after a day.

    Attributes:
        name: of the outcome; its column in the table `afterwards` is `<name>_after`.
        words: what it is called.
        is_share: whether each customer does it or does not.
    """

    name: str
    words: str
    is_share: bool

    @property
    def column(self) -> str:
        """In the tables `afterwards` and `compared`; in `strata` what the others did on average."""
        return f"{self.name}_after"


OUTCOMES = (
    Outcome("bought", "buyers", True),
    Outcome("purchases", "purchases a customer", False),
    Outcome("net_revenue", "net revenue a customer", False),
    Outcome("interactions", "interactions a customer", False),
    Outcome("opted_out", "opted out of messages", True),
)
# No outcome of theirs: what they were sent meanwhile.
MESSAGES = Outcome("got_message", "were sent a campaign message", True)
ALL_OUTCOMES = (*OUTCOMES, MESSAGES)

# What customers are like on a day: by the matched measures, and by one that is not matched.
COVARIATES = {
    "has_bought": "had bought before",
    "recency_days": "days since the last purchase",
    "purchases": "purchases before",
    "net_revenue": "net revenue before",
    "tenure_days": "days known",
    "interactions_30d": "interactions in 30 days before (not matched)",
}
