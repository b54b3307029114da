"""WeCom contacts and groups."""

from ingestion.channels.wecom.settings import CHANNEL

__all__ = ["CHANNEL"]
