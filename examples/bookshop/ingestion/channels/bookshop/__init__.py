"""Customers and orders of a bookshop."""

from ingestion.channels.bookshop.contract import CHANNEL

__all__ = ["CHANNEL"]
