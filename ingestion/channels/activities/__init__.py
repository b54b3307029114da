"""Activity registrations."""

from ingestion.channels.activities.settings import CHANNEL

__all__ = ["CHANNEL"]
