"""Altair charts: each function takes rows, possibly none, and returns a chart, or None when nothing is to draw."""
