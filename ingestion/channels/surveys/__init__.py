"""Survey answers."""

from ingestion.channels.surveys.settings import CHANNEL

__all__ = ["CHANNEL"]
