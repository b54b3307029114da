"""The filters above figures, the cards that follow them, and the way from each figure to its members."""
