"""Back-tests of segments: who was in one on past days, and what they did afterwards, against comparable customers."""
