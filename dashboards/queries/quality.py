"""Figures of the data quality page."""

from dashboards.queries.published_copy import cached
from serving import quality as questions

held_rows = cached(questions.held_rows)
order_totals = cached(questions.order_totals)
identity_spread = cached(questions.identity_spread)
