"""Service desk tickets."""

from ingestion.channels.service.contract import CHANNEL

__all__ = ["CHANNEL"]
