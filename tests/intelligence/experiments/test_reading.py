"""The reading of a whole experiment: alarms, correction, groups, what was sent, outliers, CUPED."""

import numpy as np
import pyarrow as pa
import pytest
import tea_tasting
from scipy import stats

from intelligence.experiments.aggregation import MetricColumns
from intelligence.experiments.arm_statistics import ArmStatistics, MetricStatistics
from intelligence.experiments.corrections import holm
from intelligence.experiments.cuped import adjusted_difference
from intelligence.experiments.differences import Level, difference
from intelligence.experiments.reading import AlarmKind, Design, read_experiment
from intelligence.experiments.sample_ratio import sample_ratio
from tests.testing.experiment_units import aggregated, arm_of, numbers, share_of, shares

UNITS = 3_000


@pytest.fixture(scope="module")
def units() -> pa.Table:
    """Two arms that were assigned by chance; what was spent before says much of what is spent after."""
    chance = np.random.default_rng(7)
    before = chance.normal(100, 30, UNITS)
    arm = np.where(chance.random(UNITS) < 0.5, "a", "b")
    after = before + chance.normal(0, 10, UNITS) + np.where(arm == "b", 2.0, 0.0)
    return pa.table({
        "arm": arm, "before": before, "after": after, "bought": (chance.random(UNITS) < 0.2).astype(float),
        "sent": chance.random(UNITS) < 0.8, "city": np.where(chance.random(UNITS) < 0.3, "Chengdu", "Xi'an"),
    })  # fmt: skip


def test_the_query_has_the_sums_that_numpy_has(units):
    counts, (metric,) = aggregated(units, [MetricColumns("after", "after", False, "before", "before")], "sent", "city")
    frame = units.to_pandas()
    assert counts == frame.arm.value_counts().to_dict()
    for rows, found in (
        (frame.arm == "a", metric.arms["a"]),
        ((frame.arm == "b") & frame.sent, metric.sent["b"]),
        ((frame.arm == "b") & (frame.city == "Xi'an"), metric.groups["Xi'an"]["b"]),
    ):
        expected = arm_of(frame.after[rows], frame.before[rows])
        assert vars(found) == pytest.approx(vars(expected))


def test_a_unit_without_the_metric_is_counted_and_one_without_the_covariate_is_kept():
    units = pa.table({
        "arm": ["a", "a", "a", "b", "b", "b"],
        "after": [1.0, None, 3.0, 2.0, 4.0, 6.0],
        "before": [1.0, 50.0, None, 3.0, None, 5.0],
    })  # fmt: skip
    counts, (metric,) = aggregated(units, [MetricColumns("after", "after", False, "before", "before")])
    assert counts == {"a": 3, "b": 3}
    assert (metric.arms["a"].units, metric.arms["a"].missing) == (2, 1)
    assert (metric.arms["b"].units, metric.arms["b"].covariate_missing) == (3, 1)
    everybody = (1 + 50 + 3 + 5) / 4
    assert metric.arms["a"].covariate_mean == pytest.approx((1 + everybody) / 2)


def test_cuped_is_the_analysis_of_covariance_and_stands_beside_the_plain_reading(units):
    counts, metrics = aggregated(units, [MetricColumns("after", "after", False, "before", "before")])
    (found,) = read_experiment(counts, metrics, Design("a")).comparisons
    frame = units.to_pandas()
    design = np.column_stack([np.ones(UNITS), frame.arm == "b", frame.before])
    slopes = np.linalg.lstsq(design, frame.after, rcond=None)[0]
    assert found.cuped.difference.difference == pytest.approx(slopes[1])
    theirs = tea_tasting.Experiment(after=tea_tasting.Mean("after", "before")).analyze(
        units.set_column(0, "variant", units["arm"]), control="a"
    )["after"]
    # their slope is that of all units, the difference between the arms included
    assert found.cuped.difference.difference == pytest.approx(theirs.effect_size, rel=0.01)
    assert found.cuped.difference.p_value == pytest.approx(theirs.pvalue, rel=0.05)
    assert found.cuped.variance_reduction == pytest.approx(0.9, abs=0.02)
    plain = difference(arm_of(frame.after[frame.arm == "a"]), arm_of(frame.after[frame.arm == "b"]), False, Level(0.05))
    assert vars(found.plain) == pytest.approx(vars(plain))


def test_a_covariate_that_differs_between_the_arms_is_refused(units):
    late = units.set_column(units.schema.get_field_index("before"), "before", units["after"])
    arms = aggregated(late, [MetricColumns("bought", "bought", True, "before", "before")])[1][0].arms
    shifted = {**arms, "b": ArmStatistics(**{**vars(arms["b"]), "covariate_mean": arms["b"].covariate_mean + 8})}
    found = adjusted_difference("before", shifted, "a", "b", Level(0.05))
    assert found.is_refused
    assert found.difference is None
    reading = read_experiment({"a": 1_500, "b": 1_500}, [MetricStatistics("x", True, shifted, "before")], Design("a"))
    assert [one.kind for one in reading.alarms] == [AlarmKind.COVARIATE]
    assert reading.comparisons[0].plain.p_value is not None


def test_a_covariate_without_spread_adjusts_nothing():
    arms = {name: ArmStatistics(100, 3.0, 50.0, 1.0) for name in "ab"}
    found = adjusted_difference("before", arms, "a", "b", Level(0.05))
    assert (found.is_refused, found.difference) == (False, None)


def test_a_few_units_in_two_arms_are_told_and_many_are_an_alarm():
    metric = shares(a=share_of(1_000, 200), b=share_of(1_000, 210))
    few, many = (read_experiment({"a": 1_000, "b": 1_000}, [metric], Design("a"), units) for units in (3, 60))
    assert (few.contaminated, few.alarms) == (3, [])
    assert [(one.kind, one.value) for one in many.alarms] == [(AlarmKind.CONTAMINATION, 60)]


def test_arms_of_another_size_than_planned_raise_an_alarm():
    assert sample_ratio({"a": 44_700, "b": 45_489}).is_alarm
    assert not sample_ratio({"a": 5_000, "b": 5_100}).is_alarm
    assert not sample_ratio({"a": 980, "b": 9_020}, {"a": 10, "b": 90}).is_alarm
    assert sample_ratio({"a": 900, "b": 9_100}).is_alarm
    found = sample_ratio({"a": 30, "b": 50, "c": 25})
    assert found.p_value == pytest.approx(stats.chisquare([30, 50, 25]).pvalue)
    assert sample_ratio({"a": 500}, {"a": 0.5, "b": 0.5}).is_alarm
    assert sample_ratio({"a": 500, "x": 1}, {"a": 1.0}).is_alarm
    assert sample_ratio({"a": 3, "b": 1}).p_value == pytest.approx(stats.binomtest(3, 4, 0.5).pvalue)
    assert sample_ratio({"a": 3}).p_value is None
    assert sample_ratio({"a": 1, "b": 1, "c": 2}).p_value is None


def test_everybody_in_the_hold_out_is_a_state():
    found = read_experiment({"hold_out": 500}, [shares(hold_out=share_of(500, 40))], Design("hold_out"))
    assert [one.kind for one in found.alarms] == [AlarmKind.ONE_ARM]
    assert found.comparisons == []
    planned = Design("hold_out", {"hold_out": 0.1, "letter": 0.9})
    found = read_experiment({"hold_out": 500}, [shares(hold_out=share_of(500, 40))], planned)
    assert {one.kind for one in found.alarms} == {AlarmKind.ONE_ARM, AlarmKind.SAMPLE_RATIO}


def test_p_values_are_corrected_for_every_comparison_by_holm():
    assert holm([0.01, 0.04, None, 0.03, 0.005]) == pytest.approx([0.03, 0.06, None, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    arms = {"a": share_of(2_000, 400), "b": share_of(2_000, 450), "c": share_of(2_000, 398)}
    alone = read_experiment(dict.fromkeys("ab", 2_000), [shares(a=arms["a"], b=arms["b"])], Design("a", alpha=0.06))
    both = read_experiment(dict.fromkeys("abc", 2_000), [shares(**arms)], Design("a", alpha=0.06))
    assert alone.comparisons[0].is_shown
    assert not both.comparisons[0].is_shown
    assert both.comparisons[0].plain.p_value == alone.comparisons[0].plain.p_value


def test_values_that_are_missing_in_one_arm_raise_an_alarm():
    def arms(missing: int) -> MetricStatistics:
        return numbers(a=ArmStatistics(900, 5.0, 900.0, missing=100), b=ArmStatistics(900, 5.0, 900.0, missing=missing))

    assert AlarmKind.MISSING in {one.kind for one in read_experiment({"a": 1, "b": 1}, [arms(190)], Design("a")).alarms}
    assert not read_experiment({"a": 1, "b": 1}, [arms(105)], Design("a")).alarms


def test_one_unit_that_decides_is_told_and_a_reading_without_it_stands_beside():
    values = np.append(np.random.default_rng(9).exponential(50, 999), 1e6)
    units = pa.table({"arm": ["a", "b"] * 500, "spend": values})
    counts, metrics = aggregated(units, [MetricColumns("spend", "spend", False)])
    found = read_experiment(counts, metrics, Design("a"))
    assert [(one.kind, one.arm) for one in found.alarms] == [(AlarmKind.OUTLIER, "b")]
    (one,) = found.comparisons
    assert one.plain.difference > 1_000
    assert abs(one.capped.difference) < 20
    assert one.cap[1] < 1_000


def test_what_was_sent_stands_beside_what_was_assigned(units):
    frame = units.to_pandas()
    counts, metrics = aggregated(units, [MetricColumns("after", "after", False)], sent="sent")
    (found,) = read_experiment(counts, metrics, Design("a")).comparisons
    assert found.plain.variant_units == (frame.arm == "b").sum()
    assert found.as_sent.variant_units == ((frame.arm == "b") & frame.sent).sum()
    assert found.as_sent.control_units == ((frame.arm == "a") & frame.sent).sum()
    nobody = units.set_column(units.schema.get_field_index("sent"), "sent", pa.array(frame.sent & (frame.arm == "b")))
    counts, metrics = aggregated(nobody, [MetricColumns("after", "after", False)], sent="sent")
    (found,) = read_experiment(counts, metrics, Design("a")).comparisons
    assert found.as_sent.control_units == (frame.arm == "a").sum(), "a hold-out is sent nothing, and compared whole"


def test_groups_are_explored_and_corrected_among_themselves(units):
    counts, metrics = aggregated(units, [MetricColumns("after", "after", False)], group="city")
    reading = read_experiment(counts, metrics, Design("a"))
    (found,) = reading.explorations
    assert [one.group for one in found.groups] == ["Chengdu", "Xi'an"]
    assert all(one.corrected_p_value >= one.difference.p_value for one in found.groups)
    assert found.p_value > 0.01, "the same uplift was planted in each"
    assert reading.comparisons[0].corrected_p_value == reading.comparisons[0].plain.p_value


def test_groups_in_which_a_variant_does_the_opposite_are_told_apart():
    groups = {
        "north": {"a": share_of(2_000, 400), "b": share_of(2_000, 500)},
        "south": {"a": share_of(2_000, 500), "b": share_of(2_000, 400)},
    }
    arms = {"a": share_of(4_000, 900), "b": share_of(4_000, 900)}
    metric = MetricStatistics("bought", True, arms, groups=groups)
    (found,) = read_experiment({"a": 4_000, "b": 4_000}, [metric], Design("a")).explorations
    assert found.p_value < 1e-6
