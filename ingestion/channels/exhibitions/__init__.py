"""Exhibition leads."""

from ingestion.channels.exhibitions.contract import CHANNEL

__all__ = ["CHANNEL"]
