"""Movements between stages, quadrants and segments, how long customers stay, how many come back."""

from dashboards.queries.published_copy import cached
from serving.insight import histories as questions

KINDS = questions.KINDS
BASE = questions.BASE
WAYS = tuple(questions.WAYS)
moves_by_month = cached(questions.moves_by_month)
transitions = cached(questions.transitions)
dwell_times = cached(questions.dwell_times)
cohorts = cached(questions.cohorts)
quadrant_moves = cached(questions.quadrant_moves)
sizes = cached(questions.sizes)
