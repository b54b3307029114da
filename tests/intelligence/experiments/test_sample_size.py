"""How many units an experiment needs, against the closed formulas and against experiments that are made up."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from intelligence.experiments.differences import Level, difference
from intelligence.experiments.sample_size import Plan, detectable_effect, power_of, units_needed
from tests.testing.experiment_units import share_of


def test_units_for_a_share_are_those_of_the_closed_formula():
    middle = 0.11
    expected = (
        norm.isf(0.025) * math.sqrt(2 * middle * (1 - middle)) + norm.ppf(0.8) * math.sqrt(0.1 * 0.9 + 0.12 * 0.88)
    ) ** 2 / 0.02**2
    assert units_needed(Plan(0.10), 0.02) == pytest.approx(2 * expected, abs=2)


def test_units_for_a_number_are_those_of_the_closed_formula():
    expected = (norm.isf(0.025) + norm.ppf(0.9)) ** 2 * 30**2 / 2**2 * 4
    assert units_needed(Plan(100, spread=30, power=0.9), 2) == pytest.approx(expected, abs=2)
    assert units_needed(Plan(100, spread=30, power=0.9), -2) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize(
    "plan",
    [Plan(0.1), Plan(0.1, variants=3, metrics=2, control_share=0.4), Plan(50, spread=80), Plan(0.1, sequential=True)],
)
def test_the_effect_that_units_can_show_needs_those_units(plan):
    effect = detectable_effect(plan, 8_000)
    assert effect is not None
    assert units_needed(plan, effect) == pytest.approx(8_000, abs=2)


def test_so_many_made_up_experiments_show_the_effect_as_the_power_says():
    plan, units, chance = Plan(0.1), 6_000, np.random.default_rng(8)
    effect = detectable_effect(plan, units)
    yes = chance.binomial(units // 2, [[0.1], [0.1 + effect]], (2, 2_000))
    shown = [
        difference(share_of(3_000, int(one)), share_of(3_000, int(other)), True, Level(0.05)).p_value < 0.05
        for one, other in yes.T
    ]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.03)


def test_more_comparisons_and_looks_need_more_units():
    plain = units_needed(Plan(0.1), 0.02)
    assert units_needed(Plan(0.1, metrics=3), 0.02) > plain
    assert units_needed(Plan(0.1, variants=2), 0.02) > plain
    assert units_needed(Plan(0.1, sequential=True), 0.02) > plain
    assert units_needed(Plan(0.1, control_share=0.1), 0.02) > plain


def test_what_no_number_of_units_shows_is_none():
    assert detectable_effect(Plan(0.95), 10) is None
    assert units_needed(Plan(0.5), 1e-9) is None
    assert power_of(Plan(1.0), 100, 0.0) == 0.0
