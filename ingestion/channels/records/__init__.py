"""Lists of people: any CSV of person records."""

from ingestion.channels.records.settings import CHANNEL

__all__ = ["CHANNEL"]
