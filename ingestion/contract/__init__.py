"""What a channel promises to deliver, and how delivered rows are held against it.

A channel's own package needs only the names below.
"""

from ingestion.contract.channel import Batch, Channel, ChannelSettings, NothingThere, Source, SourceUnavailable
from ingestion.contract.consent_columns import ConsentColumn, ConsentRows
from ingestion.contract.table import Column, Table

__all__ = [
    "Batch", "Channel", "ChannelSettings", "Column", "ConsentColumn", "ConsentRows", "NothingThere", "Source",
    "SourceUnavailable", "Table",
]  # fmt: skip
