"""Loyalty members and points."""

from ingestion.channels.loyalty.contract import CHANNEL

__all__ = ["CHANNEL"]
