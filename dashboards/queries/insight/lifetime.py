"""Lifetime value: forecasts of all customers, the model behind them and how it was judged."""

from dashboards.queries.published_copy import cached
from serving.insight import lifetime as questions

totals = cached(questions.totals)
without_forecast = cached(questions.without_forecast)
deciles = cached(questions.deciles)
model_in_use = cached(questions.model_in_use)
names = cached(questions.names)
figures = cached(questions.figures)
calibration = cached(questions.calibration)
