"""The tills of the stores."""

from ingestion.channels.pos.settings import CHANNEL

__all__ = ["CHANNEL"]
