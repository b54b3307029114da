"""The difference between two arms, against published answers, other libraries and formulas; and what has no test."""

import math

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import tea_tasting
from scipy import stats

from intelligence.experiments.aggregation import MetricColumns, UnitColumns, aggregate
from intelligence.experiments.arm_statistics import ArmStatistics
from intelligence.experiments.differences import Level, Method, State, difference
from intelligence.experiments.reading import AlarmKind, Design, read_experiment
from tests.testing.data_sets import DATA, needs_data_sets
from tests.testing.experiment_units import arm_of, share_of

ALPHA = 0.05
LEVEL = Level(ALPHA)


@needs_data_sets
def test_cookie_cats_reads_as_the_published_answer():
    place = DATA / "experiments" / "cookie_cats.csv"
    with duckdb.connect() as connection:
        counts, metrics = aggregate(
            connection, f"read_csv('{place}')", UnitColumns("test_version"),
            [MetricColumns(name, name, True) for name in ("retention_1", "retention_7")],
        )  # fmt: skip
    found = read_experiment(counts, metrics, Design("gate_30"))
    day, week = (one.plain for one in found.comparisons)
    assert (round(day.statistic, 4), round(day.p_value, 4)) == (-1.7841, 0.0744)
    assert (round(week.statistic, 4), round(week.p_value, 5)) == (-3.1644, 0.00155)
    assert [one.is_shown for one in found.comparisons] == [False, True]
    assert round(found.ratio.p_value, 4) == 0.0086
    assert [one.kind for one in found.alarms] == [AlarmKind.SAMPLE_RATIO]


def test_numbers_are_compared_as_tea_tasting_and_scipy_do():
    chance = np.random.default_rng(1)
    control, variant = chance.lognormal(3, 1, 900), chance.lognormal(3.1, 1.2, 400)
    ours = difference(arm_of(control), arm_of(variant), False, LEVEL)
    units = pa.table({"variant": [0] * 900 + [1] * 400, "value": np.concatenate([control, variant])})
    theirs = tea_tasting.Experiment(value=tea_tasting.Mean("value")).analyze(units, control=0)["value"]
    assert ours.test == Method.WELCH
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert (ours.low, ours.high) == pytest.approx((theirs.effect_size_ci_lower, theirs.effect_size_ci_upper))
    assert ours.lift == pytest.approx(theirs.rel_effect_size)
    assert ours.p_value == pytest.approx(stats.ttest_ind(variant, control, equal_var=False).pvalue)


def test_shares_are_compared_by_the_pooled_z_test_with_an_unpooled_interval():
    ours = difference(share_of(1_000, 200), share_of(1_500, 360), True, LEVEL)
    assert ours.test == Method.POOLED_Z
    # the chi-square test of the table without correction is the same test
    assert ours.p_value == pytest.approx(stats.chi2_contingency([[200, 800], [360, 1_140]], correction=False).pvalue)
    error = math.sqrt(0.2 * 0.8 / 1_000 + 0.24 * 0.76 / 1_500)
    assert (ours.low, ours.high) == pytest.approx((0.04 - 1.959964 * error, 0.04 + 1.959964 * error))


def test_the_interval_of_the_lift_touches_zero_where_that_of_the_difference_does():
    control = share_of(1_000, 200)
    for yes in range(150, 260):
        found = difference(control, share_of(1_000, yes), True, LEVEL)
        assert (found.low > 0, found.high < 0) == (found.lift_low > 0, found.lift_high < 0)


def test_few_that_say_yes_are_compared_exactly():
    found = difference(share_of(40, 1), share_of(50, 7), True, LEVEL)
    assert found.test == Method.FISHER
    assert found.p_value == pytest.approx(stats.fisher_exact([[7, 43], [1, 39]]).pvalue)
    assert found.low < 0 < found.high
    assert found.lift_low is None


def test_nobody_says_yes_is_a_state_and_the_interval_says_how_little_that_is():
    for yes in (0, 30):
        found = difference(share_of(30, yes), share_of(30, yes), True, LEVEL)
        assert (found.state, found.p_value, found.difference) == (State.ALL_EQUAL, 1.0, 0.0)
        assert found.low < 0 < found.high


@pytest.mark.parametrize(
    ("control", "variant", "is_share", "state"),
    [
        ([3.0], [4.0, 5.0], False, State.TOO_FEW),
        ([3.0, 3.0], [3.0, 3.0], False, State.ALL_EQUAL),
        ([0.1] * 7, [0.1] * 1_000, False, State.ALL_EQUAL),
        ([3.0, 3.0], [4.0, 4.0], False, State.NO_SPREAD),
        ([3.0, 3.0], [4.0, 5.0], False, State.TESTED),
        ([1e-160, 2e-160], [3e-160, 5e-160], False, State.TESTED),
        ([1], [0], True, State.TESTED),
    ],
)
def test_what_cannot_be_tested_has_a_state_and_no_figure_is_nan(control, variant, is_share, state):
    found = difference(arm_of(control), arm_of(variant), is_share, LEVEL)
    assert found.state == state
    assert not [value for value in vars(found).values() if isinstance(value, float) and not math.isfinite(value)]


def test_an_arm_without_units_is_a_state():
    found = difference(ArmStatistics(0, missing=3), arm_of([1.0, 2.0]), False, LEVEL)
    assert (found.state, found.control, found.variant_units) == (State.NO_UNITS, None, 2)


def test_no_lift_is_told_over_a_mean_that_is_not_above_zero():
    chance = np.random.default_rng(2)
    found = difference(arm_of(chance.normal(-1, 1, 100)), arm_of(chance.normal(1, 1, 100)), False, LEVEL)
    assert found.lift is None
    unclear = difference(arm_of([-1.0, 0.0, 1.5]), arm_of([2.0, 3.0, 4.0]), False, LEVEL)
    assert unclear.lift is not None
    assert unclear.lift_low is None


def test_plain_sums_of_a_mart_read_as_the_values_they_are_of():
    values = np.random.default_rng(4).gamma(1, 40, 700)
    sums = ArmStatistics.from_sums(700, float(values.sum()), float((values**2).sum()), missing=3)
    assert (sums.units, sums.missing) == (700, 3)
    assert (sums.mean, sums.variance) == pytest.approx((values.mean(), values.var(ddof=1)))
    assert ArmStatistics.from_sums(0, 0.0, 0.0).units == 0


def test_large_values_keep_their_spread():
    chance = np.random.default_rng(3)
    control, variant = chance.normal(0, 1, 500), chance.normal(0.1, 1, 500)
    near = difference(arm_of(control), arm_of(variant), False, LEVEL)
    far = difference(arm_of(control + 1e9), arm_of(variant + 1e9), False, LEVEL)
    assert far.p_value == pytest.approx(near.p_value, rel=1e-4)
