"""The raw lake: its layout, its sums, and the one way to read it."""
