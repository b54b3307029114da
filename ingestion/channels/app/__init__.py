"""App users and events."""

from ingestion.channels.app.contract import CHANNEL

__all__ = ["CHANNEL"]
