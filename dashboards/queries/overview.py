"""Figures of the overview page."""

from dashboards.queries.published_copy import cached
from serving import overview as questions

customer_figures = cached(questions.customer_figures)
repurchase = cached(questions.repurchase)
stages = cached(questions.stages)
value_classes = cached(questions.value_classes)
tiers = cached(questions.tiers)
rfm_segments = cached(questions.rfm_segments)
campaigns = cached(questions.campaigns)
reporting_currency = cached(questions.reporting_currency)
messages = cached(questions.messages)
decisions = cached(questions.decisions)
arrivals = cached(questions.arrivals)
