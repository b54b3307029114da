"""Website events."""

from ingestion.channels.web.contract import CHANNEL

__all__ = ["CHANNEL"]
