"""The figures of a forecast, against answers that can be counted by hand."""

import numpy as np
import pytest

from intelligence.lifetime.judgement import Outcome, auc, beats, decile_share, deviance, judge


def outcome(made, expected, spent=None, expected_spend=None) -> Outcome:
    made, expected = np.array(made, float), np.array(expected, float)
    spent = made * 10 if spent is None else np.array(spent, float)
    return Outcome(made, spent, expected, expected * 10 if expected_spend is None else np.array(expected_spend, float))


def test_a_perfect_forecast_has_no_deviance_and_a_total_of_one():
    made = [0, 1, 2, 5, 0, 1, 3, 0, 2, 4]
    found = judge(outcome(made, made))
    assert found.mae.value == 0
    assert found.deviance.value == pytest.approx(0, abs=1e-3)
    assert found.total.value == 1
    assert found.auc is not None
    assert found.auc.value == 1


def test_deviance_is_that_of_poisson():
    # 2 (2 ln 2 - 1) and 2 (0 - (0 - 1)), averaged
    assert deviance(outcome([2, 0], [1, 1])) == pytest.approx((2 * (2 * np.log(2) - 1) + 2) / 2)


def test_the_top_tenth_is_those_of_whom_most_was_forecast():
    expected = np.arange(20)
    spent = np.zeros(20)
    spent[[19, 18]] = 30, 20
    spent[0] = 50
    assert decile_share(outcome(spent > 0, expected, spent, expected)) == pytest.approx(0.5)


def test_equal_forecasts_share_the_top_tenth():
    spent = np.arange(1.0, 21)
    assert decile_share(outcome(spent > 0, np.ones(20), spent, np.ones(20))) == pytest.approx(0.1)


def test_the_area_under_the_curve_counts_equal_ranks_half():
    assert auc(outcome([1, 0, 1, 0], [3, 1, 2, 2])) == pytest.approx((1 + 1 + 1 + 0.5) / 4)


def test_nobody_or_everybody_buying_leaves_no_ranking_to_judge():
    assert judge(outcome([0] * 12, [1] * 12)).auc is None
    assert judge(outcome([1] * 12, [1] * 12)).auc is None


def test_a_forecast_beats_another_one_only_by_more_than_chance_and_with_a_total_in_bounds():
    chance = np.random.default_rng(5)
    rates = chance.gamma(0.5, 2, 2_000)
    made = chance.poisson(rates)
    flat = np.full(2_000, made.mean())
    assert beats(outcome(made, rates), outcome(made, flat))
    assert not beats(outcome(made, flat), outcome(made, rates))
    assert not beats(outcome(made, flat * 1.001), outcome(made, flat))
    assert not beats(outcome(made, rates * 3), outcome(made, flat)), "three times as much as came"
