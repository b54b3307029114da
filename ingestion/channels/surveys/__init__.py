"""Survey answers."""

from ingestion.channels.surveys.contract import CHANNEL

__all__ = ["CHANNEL"]
