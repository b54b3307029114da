"""Lists of people: any CSV of person records."""

from ingestion.channels.records.contract import CHANNEL

__all__ = ["CHANNEL"]
