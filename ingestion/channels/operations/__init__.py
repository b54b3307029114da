"""The operations store, read back as one more channel."""

from ingestion.channels.operations.contract import CHANNEL

__all__ = ["CHANNEL"]
