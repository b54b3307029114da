"""Goals of the business and the months behind them."""

from dashboards.queries.published_copy import cached
from serving.insight import goals as questions

DIMENSIONS = questions.DIMENSIONS
goals = cached(questions.goals)
months = cached(questions.months)
