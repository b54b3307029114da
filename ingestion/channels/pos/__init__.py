"""The tills of the stores."""

from ingestion.channels.pos.contract import CHANNEL

__all__ = ["CHANNEL"]
