"""Altair charts; each function takes a frame, possibly empty, and returns a chart or None when there is nothing to draw."""
