"""Names that stand in two languages, as the command line writes them."""

from __future__ import annotations


def in_both(english: str | None, chinese: str | None) -> str:
    """A name in English and then in Chinese, once where both are the same: `New customers 新客户`."""
    return " ".join(dict.fromkeys(name for name in (english, chinese) if name))
