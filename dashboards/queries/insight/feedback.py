"""Weeks in which too many scores of satisfaction were negative."""

from dashboards.queries.published_copy import cached
from serving.insight import feedback as questions

negative_rates = cached(questions.negative_rates)
