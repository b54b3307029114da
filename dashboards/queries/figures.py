"""Figures under the chosen filters, over time, and the customers behind them."""

from dashboards.queries.published_copy import cached
from serving.figures import filters as places
from serving.figures import members as questions
from serving.figures import trends

MEASURES = trends.MEASURES
FIGURE_BEHIND = trends.FIGURE_BEHIND
FIGURES = questions.FIGURES
audience = questions.audience
unknown_to = questions.unknown_to
measure_knows = trends.knows
count = cached(questions.count)
amount = cached(questions.amount)
by_channel = cached(questions.by_channel)
trend = cached(trends.trend)
revenue = cached(trends.revenue)
channels = cached(places.channels)
first_day = cached(places.first_day)
stores = cached(places.stores)
