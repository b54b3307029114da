"""Lists of purchases: any CSV of orders or order lines."""

from ingestion.channels.transactions.contract import CHANNEL

__all__ = ["CHANNEL"]
