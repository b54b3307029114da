"""The online shop's REST API."""

from ingestion.channels.shop.settings import CHANNEL

__all__ = ["CHANNEL"]
