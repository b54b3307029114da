"""Exhibition leads."""

from ingestion.channels.exhibitions.settings import CHANNEL

__all__ = ["CHANNEL"]
