"""Channels into the raw lake: read without losing a row, personal data tokenised on the way."""
