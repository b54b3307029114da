"""What one message of a campaign or journey is expected to bring: stated, or measured against the hold-out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from serving.published_copy import PublishedCopy

VALUES = "campaigns.campaign_values"
MEASURED = "measured"


@dataclass(frozen=True)
class MessageValue:
    """What a message is expected to bring, to a customer of the middle value score, in the reporting currency.

    Attributes:
        basis: measured, or why the stated value stands alone: a row of the seed campaign_value_bases.
        basis_zh, basis_en: what that row calls it.
        is_of_file: whether the campaign's file states the value; otherwise a rule does.
        value_per_message: by which the plan orders.
        stated_value: what the file or the rule says.
        measured_value, measured_error: revenue beyond the hold-out for each message, with its standard error; None
            unless measured.
        measured_share: how much the measured value counts, 0 to 1.
        measured_version: of the file, whose customers were watched; None where none was yet, as all that follow.
        customers, holdout_customers: who were watched to the end.
        messages: that left to these customers.
        measured_on: day of the build that measured it.
    """

    basis: str
    basis_zh: str
    basis_en: str
    is_of_file: bool
    value_per_message: float
    stated_value: float
    measured_value: float | None
    measured_error: float | None
    measured_share: float
    measured_version: int | None
    customers: int | None
    holdout_customers: int | None
    messages: int | None
    measured_on: date | None

    @property
    def is_measured(self) -> bool:
        """Whether a measured value counts in it."""
        return self.basis == MEASURED


def message_value(published: PublishedCopy, campaign_id: str) -> MessageValue | None:
    """What one message of a campaign or journey is expected to bring, as the plan of the publication used it.

    Args:
        published: the publication.
        campaign_id: the campaign or journey.

    Returns:
        None where the publication does not know the campaign, or an older release made it.
    """
    if not published.has(VALUES):
        return None
    found = published.rows(
        f"""
        select
            worth.basis, coalesce(bases.name_zh, worth.basis) as basis_zh,
            coalesce(bases.name_en, worth.basis) as basis_en,
            {", ".join(f"worth.{name}" for name in _FIGURES)}
        from {VALUES} as worth
        left join rules.campaign_value_bases as bases on worth.basis = bases.basis
        where worth.campaign_id = ?
        """,
        [campaign_id],
    )
    return MessageValue(**found[0]) if found else None


_FIGURES = tuple(MessageValue.__dataclass_fields__)[3:]
