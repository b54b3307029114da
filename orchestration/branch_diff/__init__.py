"""What a branch would change: an analyst's own warehouse, and its difference from the publication."""
