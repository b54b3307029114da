"""What is forecast of a list of purchases: by the model where it is better, by cohort rates where it is not."""

import numpy as np
import pytest

from intelligence.lifetime import forecast as lifetime
from intelligence.lifetime.cohort_rates import CohortRates
from intelligence.lifetime.purchase_summary import Purchases, summarise
from intelligence.lifetime.season import season_factor
from tests.testing.data_sets import needs_data_sets
from tests.testing.purchases import cdnow, day_of, made_up, of_rows

WEEKS = 104


def forecast_of(purchases: Purchases, day: int, days: int) -> tuple[lifetime.Report, lifetime.Forecast]:
    report = lifetime.judge_model(purchases, day, days)
    fitted = lifetime.fit(purchases, day, days, report.is_seasonal)
    return report, lifetime.forecast(fitted, summarise(purchases, day), days, report)


@needs_data_sets
def test_cdnow_is_forecast_as_well_as_by_the_better_reference():
    purchases, day = cdnow(), day_of("1997-09-30")
    report, found = forecast_of(purchases, day, 273)
    made, _ = purchases.between(day, day + 273)
    errors = np.abs(found.purchases - made[found.summary.customer])
    # Pareto/NBD has .755; a bootstrap standard error of the mean is what a resample of these errors says
    assert errors.mean() <= 0.755 + errors.std() / np.sqrt(len(errors))
    assert 0.8 <= found.purchases.sum() / made.sum() <= 1.2
    assert report.published == "model"
    assert report.has_ranking


def test_a_world_that_the_model_describes_is_forecast_by_the_model():
    purchases = made_up(1_500, WEEKS)
    day = 90 * 7
    report, found = forecast_of(purchases, day, 90)
    made, _ = purchases.between(day, day + 90)
    assert report.published == "model"
    assert 0.8 < found.purchases.sum() / made[found.summary.customer].sum() < 1.2
    assert report.model.total.low <= report.model.total.value <= report.model.total.high
    assert len(report.model.calibration) == 10
    assert report.model.calibration[-1][0] > report.model.calibration[0][0]
    assert ((found.stays_away > 0) & (found.stays_away < 1)).all()
    assert (found.stays_away >= 1 - found.alive - 1e-9).all()


def test_one_time_buyers_get_cohort_rates_and_no_ranking():
    chance = np.random.default_rng(1)
    customer = np.arange(3_000)
    purchases = of_rows(customer, chance.integers(0, 700, 3_000), chance.uniform(5, 50, 3_000), 3_000)
    report, found = forecast_of(purchases, 700, 90)
    assert report.published == "cohort_rates"
    assert "repeat purchases" in report.reason
    assert not report.has_ranking
    assert np.isnan(found.alive).all()
    assert np.isnan(found.stays_away).all()
    assert (found.purchases >= 0).all()


def test_a_model_that_ranks_no_better_than_chance_is_not_published():
    chance = np.random.default_rng(2)
    # everybody buys at one rate for ever: nothing tells customers apart
    rows = [(one, day) for one in range(300) for day in np.flatnonzero(chance.random(700) < 0.02)]
    customer, day = map(np.array, zip(*rows, strict=True))
    report, _ = forecast_of(of_rows(customer, day, np.full(len(day), 20.0), 300), 690, 90)
    assert report.published == "cohort_rates"
    assert "does not beat cohort rates" in report.reason
    assert report.model is not None


@pytest.mark.parametrize(
    "purchases",
    [
        of_rows(np.array([0]), np.array([5]), np.array([9.0]), 1),
        of_rows(np.arange(500), np.full(500, 600), np.full(500, 9.0), 500),
        of_rows(np.zeros(600, int), np.arange(600), np.full(600, 9.0), 1),
        of_rows(np.zeros(1_500, int), np.arange(-850, 650), np.full(1_500, 9.0), 1),
        of_rows(np.repeat(np.arange(300), 3), np.tile([0, 300, 600], 300), np.zeros(900), 300),
        of_rows(np.repeat(np.arange(300), 3), np.tile([0, 300, 600], 300), np.full(900, 5.0), 300),
        of_rows(np.repeat(np.arange(300), 3), np.tile([0, 300, 600], 300), np.full(900, -5.0), 300),
    ],
    ids=[
        "one purchase",
        "one day",
        "one customer",
        "one customer for years",
        "all for nothing",
        "all equal",
        "only money given back",
    ],
)
def test_degenerate_lists_end_in_a_row_for_each_customer(purchases):
    report, found = forecast_of(purchases, 650, 90)
    assert len(found.purchases) == len(found.spend) == len(summarise(purchases, 650))
    known = found.purchases[~np.isnan(found.purchases)]
    assert np.isfinite(known).all()
    assert (known >= 0).all()
    assert report.reason


def test_spend_that_goes_with_frequency_is_told():
    # who buys often buys dear
    rows = [(one, 5 * time, 10.0 * one) for one in range(1, 130) for time in range(one % 60 + 2)]
    customer, day, amount = map(np.array, zip(*rows, strict=True))
    assert lifetime.judge_model(of_rows(customer, day, amount * (customer % 60 + 1), 130), 640, 90).is_correlated
    assert not lifetime.judge_model(made_up(400, WEEKS), 90 * 7, 90).is_correlated


def test_one_huge_order_does_not_stop_the_others_from_being_forecast():
    purchases = made_up(800, WEEKS)
    purchases.amount[7] = 50_000_000
    _, found = forecast_of(purchases, 90 * 7, 90)
    assert np.isfinite(found.spend).all()
    assert np.median(found.spend) < 10_000


def test_nobody_before_the_day_is_an_empty_forecast():
    report, found = forecast_of(of_rows(np.array([0]), np.array([50]), np.array([9.0]), 1), 10, 90)
    assert report.days == 0
    assert len(found.purchases) == 0


def test_later_purchases_change_nothing():
    purchases, day = made_up(400, WEEKS), 80 * 7
    _, known = forecast_of(purchases.until(day), day, 60)
    _, found = forecast_of(purchases, day, 60)
    assert found.purchases == pytest.approx(known.purchases)


def test_the_season_of_the_year_before_is_found_and_used():
    purchases = made_up(4_000, 156, stops=(0.2, 3.0), yearly_swing=0.6)
    # the last judged days and those to come lie in the better half of the year, like those before them a year ago
    day = (104 + 26 + 2) * 7
    factor = season_factor(purchases, day, 84)
    assert factor is not None
    assert factor != pytest.approx(1, abs=0.02)
    assert season_factor(purchases, 300, 84) is None, "no half year before the year before"
    assert season_factor(purchases, day, 400) is None, "the year before has not passed yet"


def test_cohort_rates_follow_customers_as_they_grow_older():
    # who came in the last days buys each week, who came long ago nothing
    rows = [(one, 0) for one in range(500)]
    rows += [(one, day) for one in range(500, 1_000) for day in range(660, 760, 7)]
    customer, day = map(np.array, zip(*rows, strict=True))
    purchases = of_rows(customer, day, np.full(len(day), 10.0), 1_000)
    rates = CohortRates.measure(purchases, 728, 28)
    counted, spent = rates.expected(np.array([6.0, 102.0]), 28)
    assert counted[0] > 3
    assert counted[1] < 0.5
    assert spent == pytest.approx(counted * 10)
    twice, _ = rates.expected(np.array([6.0]), 56)
    assert twice[0] > counted[0]


def test_the_next_purchase_is_unknown_where_it_is_unlikely_within_a_year():
    purchases = made_up(1_500, WEEKS)
    day = WEEKS * 7
    fitted = lifetime.fit(purchases, day, 90, False)
    summary = summarise(purchases, day)
    found = lifetime.next_purchase(fitted, summary)
    alive = fitted.rate.alive(summary)
    assert np.isnan(found.median[alive < 0.4]).all()
    told = ~np.isnan(found.median)
    assert told.any()
    assert (found.low[told] <= found.median[told]).all()
    assert (found.median[told] <= found.high[told]).all()


def test_a_horizon_of_a_few_days_is_judged_on_two_weeks_and_forecast():
    purchases, day = made_up(1_500, WEEKS), 90 * 7
    report, found = forecast_of(purchases, day, 3)
    assert report.days == 14
    assert np.isfinite(found.purchases).all()
    assert (
        0
        < found.purchases.sum()
        < lifetime.forecast(lifetime.fit(purchases, day, 30, False), found.summary, 30, report).purchases.sum()
    )


def test_of_a_few_days_of_purchases_nothing_is_forecast_and_the_report_says_so():
    purchases = of_rows(np.arange(300) % 90, np.arange(300) % 3, np.full(300, 5.0), 90)
    report, found = forecast_of(purchases, 55, 90)
    assert report.published == "nothing"
    assert "less than 56 days" in report.reason
    assert np.isnan(found.purchases).all()
    assert forecast_of(purchases, 56, 90)[0].published == "cohort_rates"
