"""App users and events."""

from ingestion.channels.app.settings import CHANNEL

__all__ = ["CHANNEL"]
