"""Receipts: what the messaging tools report back about messages."""
