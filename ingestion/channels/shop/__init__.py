"""The online shop's REST API."""

from ingestion.channels.shop.contract import CHANNEL

__all__ = ["CHANNEL"]
