"""Loyalty members and points."""

from ingestion.channels.loyalty.settings import CHANNEL

__all__ = ["CHANNEL"]
