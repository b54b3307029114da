"""Figures and members of the segments page."""

from dashboards.queries.published_copy import cached, uncached
from serving import segments as questions

MEMBERS_SHOWN = questions.MEMBERS_SHOWN
Audience = questions.Audience
NamedSegment = questions.NamedSegment
moved = questions.moved
quadrant = questions.quadrant
rfm_cell = questions.rfm_cell
rfm_segment = questions.rfm_segment
stage = questions.stage
count = cached(questions.count)
members = cached(questions.members)
# Of a million members nothing is kept.
every_member = uncached(questions.members)
rfm_grid = cached(questions.rfm_grid)
stage_history = cached(questions.stage_history)
flow = cached(questions.flow)
quadrants = cached(questions.quadrants)
value_points = cached(questions.value_points)
named_segments = cached(questions.named_segments)
segment_figures = cached(questions.segment_figures)
