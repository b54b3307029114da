"""Activity registrations."""

from ingestion.channels.activities.contract import CHANNEL

__all__ = ["CHANNEL"]
