"""Probabilistic linkage: which source profiles are likely one person, judged on keyed features; never in clear."""
