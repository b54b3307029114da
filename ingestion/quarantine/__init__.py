"""Rows and files that break the contract: kept, listed, replayed."""
