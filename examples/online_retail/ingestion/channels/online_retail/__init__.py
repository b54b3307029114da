"""Invoice lines of a UK gift retailer (UCI Online Retail II), one CSV file."""

from ingestion.channels.online_retail.settings import CHANNEL

__all__ = ["CHANNEL"]
