"""A marketplace in Brazil: customers, orders, items, payments and reviews, one CSV file each."""

from ingestion.channels.olist.settings import CHANNEL

__all__ = ["CHANNEL"]
