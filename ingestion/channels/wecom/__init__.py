"""WeCom contacts and groups."""

from ingestion.channels.wecom.contract import CHANNEL

__all__ = ["CHANNEL"]
