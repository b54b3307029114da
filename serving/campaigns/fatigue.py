"""How often messages are answered by unsubscribing or a report of spam, by how many their customer had in 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.answers import answers
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd

FATIGUE = "campaigns.campaign_fatigue"


@answers(
    "band text, name_zh text, name_en text, messages whole, opted_out whole, complained whole, "
    "opted_out_share number, opted_out_low number, opted_out_high number, "
    "complained_share number, complained_low number, complained_high number"
)
def fatigue(published: PublishedCopy) -> pd.DataFrame:
    """Shares with their intervals by band, the fewest messages first.

    Raises:
        TableMissing: the publication was made by an older release.
    """
    return published.frame(
        f"""
        select
            shown.band, bands.name_zh, bands.name_en, shown.messages, shown.opted_out, shown.complained,
            shown.opted_out_share, shown.opted_out_low, shown.opted_out_high, shown.complained_share,
            shown.complained_low, shown.complained_high
        from {FATIGUE} as shown
        inner join rules.message_frequency_bands as bands on shown.band = bands.band
        order by shown.from_messages
        """
    )
