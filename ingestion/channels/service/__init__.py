"""Service desk tickets."""

from ingestion.channels.service.settings import CHANNEL

__all__ = ["CHANNEL"]
