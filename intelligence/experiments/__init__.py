"""Experiments 实验: what a test of variants shows.

Units or a mart become sums of each arm (`aggregation.aggregate`, `ArmStatistics.from_sums`), which
`reading.read_experiment` reads. It sees no unit, so that a reading costs the same for a thousand and for a million.
"""
