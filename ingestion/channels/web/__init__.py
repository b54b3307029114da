"""Website events."""

from ingestion.channels.web.settings import CHANNEL

__all__ = ["CHANNEL"]
