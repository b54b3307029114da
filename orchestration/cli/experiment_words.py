"""What a reading of an experiment is in words: figures, verdicts, alarms."""

from __future__ import annotations

from intelligence.experiments.cuped import Adjusted
from intelligence.experiments.differences import POWER, Difference, Method, State
from intelligence.experiments.exploration import Exploration
from intelligence.experiments.reading import Alarm, AlarmKind, Comparison, ExperimentReading
from stores.counted import counted

METHODS = {
    Method.POOLED_Z: "z, pooled",
    Method.FISHER: "Fisher, exact",
    Method.WELCH: "t of Welch",
    Method.SEQUENCE: "confidence sequence",
}
_STATES = {
    State.ALL_EQUAL: "every unit has the same value",
    State.NO_SPREAD: "no spread within the arms",
    State.TOO_FEW: "too few units",
    State.NO_UNITS: "no units",
}
_SMALL_SHARE, _LARGE_AMOUNT, _SMALL_P_VALUE = 0.01, 100_000, 0.0001


def level(value: float, is_share: bool) -> str:
    """A mean: a share in percent, or a number."""
    if is_share:
        return f"{value:.2%}" if not value or abs(value) >= _SMALL_SHARE else f"{value * 100:.3g}%"
    if not value:
        return "0"
    return f"{value:,.0f}" if abs(value) >= _LARGE_AMOUNT else f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def change(value: float, is_share: bool, unit: bool = True) -> str:
    """A difference with its sign; of shares in percentage points.

    Args:
        value: the difference.
        is_share: whether it is one of shares.
        unit: whether to say that it is in points.
    """
    if not is_share:
        return f"{'+' if value >= 0 else ''}{level(value, False)}"
    points = value * 100
    number = f"{points:+.2f}" if not points or abs(points) >= _SMALL_SHARE else f"{points:+.3g}"
    return f"{number} points" if unit else number


def probability(value: float | None) -> str:
    """A p-value."""
    if value is None:
        return ""
    return "< 0.0001" if value < _SMALL_P_VALUE else f"{value:.4f}" if value >= _SMALL_SHARE else f"{value:.3g}"


def interval(found: Difference, is_share: bool, unit: bool = True) -> str:
    """The interval of a difference; empty where it has none. The unit is said as by `change`."""
    if found.low is None or found.high is None:
        return ""
    return f"{change(found.low, is_share, unit=False)} to {change(found.high, is_share, unit)}"


def lift(found: Difference) -> str:
    """The relative lift with its interval; empty where there is none."""
    if found.lift is None:
        return ""
    bounds = lift_interval(found)
    return f"{found.lift:+.1%} ({bounds})" if bounds else f"{found.lift:+.1%}"


def lift_interval(found: Difference) -> str:
    """The interval of the relative lift; empty where there is none."""
    if found.lift_low is None or found.lift_high is None:
        return ""
    return f"{found.lift_low:+.1%} to {found.lift_high:+.1%}"


def verdict(one: Comparison, reading: ExperimentReading) -> str:
    """One sentence on a metric of a variant."""
    if one.plain.state != State.TESTED:
        said = _untested(one, reading)
    elif one.is_shown:
        said = _shown(one, reading)
    else:
        said = _not_shown(one, reading)
    return f"{one.metric}: {said}"


def _against(one: Comparison) -> str:
    assert one.plain.control is not None
    assert one.plain.variant is not None
    return f"{level(one.plain.variant, one.is_share)} against {level(one.plain.control, one.is_share)}"


def _shown(one: Comparison, reading: ExperimentReading) -> str:
    assert one.plain.difference is not None
    direction = "higher" if one.plain.difference > 0 else "lower"
    relative = f"; relative {lift(one.plain)}" if one.plain.lift is not None else ""
    return (
        f"{one.variant} is {direction} than {reading.design.control}: {_against(one)}, "
        f"{change(one.plain.difference, one.is_share)} ({1 - reading.design.alpha:.0%} interval "
        f"{interval(one.plain, one.is_share)}{relative})."
    )


def _not_shown(one: Comparison, reading: ExperimentReading) -> str:
    found = one.plain
    said = f"no difference shown between {one.variant} and {reading.design.control}: {_against(one)}"
    if found.p_value is not None and found.p_value < reading.design.alpha:
        return (
            f"{said}; p {probability(found.p_value)} for itself, {probability(one.corrected_p_value)} corrected for "
            f"{counted(reading.tested, 'comparison')}."
        )
    if found.detectable is None:
        return f"{said}. So few units would have shown no difference, however large."
    beyond = change(found.detectable, one.is_share).removeprefix("+")
    return f"{said}. Differences beyond ±{beyond} would have been seen, in {POWER:.0%} of such experiments."


def _untested(one: Comparison, reading: ExperimentReading) -> str:
    found, variant, control = one.plain, one.variant, reading.design.control
    if found.state == State.NO_UNITS:
        sizes = ((control, found.control_units), (variant, found.variant_units))
        empty = " or ".join(arm for arm, units in sizes if not units)
        return f"nothing to compare: no unit of {empty} has a value."
    if found.state == State.TOO_FEW:
        few = "too few of them say yes, or no, so far" if one.is_share else "too few for a test"
        return (
            f"no verdict on {variant} and {control}: {counted(found.variant_units, 'unit')} against "
            f"{found.control_units:,}, {few}."
        )
    assert found.control is not None
    assert found.variant is not None
    if found.state == State.NO_SPREAD:
        return (
            f"no test of {variant} and {control}: every unit of {variant} has {level(found.variant, False)}, every "
            f"unit of {control} {level(found.control, False)}, and chance is measured by the spread within an arm."
        )
    if not one.is_share:
        return (
            f"no difference: every unit of {variant} and {control} has the same value, {level(found.control, False)}."
        )
    who = "everybody says yes in both" if found.control else "nobody says yes in either"
    bound = ""
    if found.low is not None:
        bound = f"; the true difference lies within {interval(found, True)} ({1 - reading.design.alpha:.0%} interval)"
    return f"no difference: {who}, {variant} and {control}{bound}."


def alarm(one: Alarm, reading: ExperimentReading) -> str:
    """What an alarm says, and what to do about it."""
    metric, value, ratio = one.metric, one.value, reading.ratio
    if one.kind == AlarmKind.SAMPLE_RATIO:
        sizes = ", ".join(
            f"{arm} {units:,} (planned {ratio.expected.get(arm, 0.0):.1%})" for arm, units in ratio.units.items()
        )
        plan = "" if reading.design.expected else " If equal shares were not the plan, say so with --expected."
        return (
            f"Sample ratio: the arms are not as large as planned, beyond chance (p {probability(value)}): {sizes}. "
            f"Find out where units got lost or moved before you believe any difference.{plan}"
        )
    if one.kind == AlarmKind.ONE_ARM:
        there = ", ".join(f"{arm} {units:,}" for arm, units in ratio.units.items())
        return f"One arm only: {there}. Without units in the control and in another arm nothing can be compared."
    if one.kind == AlarmKind.CONTAMINATION:
        return (
            f"Contamination: {counted(int(value), 'unit')} in more than one arm, left out of every figure. If they "
            "are many, the assignment is not kept."
        )
    if one.kind == AlarmKind.COVARIATE:
        return (
            f"Covariate of {metric}: it differs between {one.arm} and {reading.design.control} beyond chance "
            f"(p {probability(value)}): it is not from before the assignment, or the assignment is not random. There "
            "is no adjusted reading."
        )
    if one.kind == AlarmKind.MISSING:
        return (
            f"Missing values: {metric} is missing in one arm more often than in another, beyond chance "
            f"(p {probability(value)}). Who is left may differ between the arms."
        )
    return (
        f"Outlier: a single unit of {one.arm} makes up {value:.0%} of the spread of {metric}. Go by the capped "
        "reading, where one stands beside the plain one."
    )


def adjusted(one: Adjusted, is_share: bool) -> str:
    """The reading with CUPED, for a line beside the plain one."""
    if one.is_refused:
        return f"CUPED by {one.covariate}: none, see the alarms"
    if one.difference is None:
        return f"CUPED by {one.covariate}: none, the covariate is the same for every unit"
    if one.difference.difference is None or one.difference.p_value is None or one.variance_reduction is None:
        return f"CUPED by {one.covariate}: no test, {_STATES.get(one.difference.state, '')}"
    less = "less" if one.variance_reduction >= 0 else "more"
    without = f"; {counted(one.missing, 'unit')} without it taken for the average" if one.missing else ""
    return (
        f"CUPED by {one.covariate}: {change(one.difference.difference, is_share)} "
        f"({interval(one.difference, is_share)}), p {probability(one.difference.p_value)}; "
        f"{abs(one.variance_reduction):.1%} {less} variance{without}"
    )


def missing(one: Comparison, control: str) -> str:
    """How many units a metric was missing for; empty where for none."""
    counts = ((control, one.control_missing), (one.variant, one.variant_missing))
    if not one.control_missing and not one.variant_missing:
        return ""
    return "Missing, left out of it: " + ", ".join(f"{counted(units, 'unit')} of {arm}" for arm, units in counts)


def beside(name: str, found: Difference, is_share: bool) -> str:
    """Another reading of the same metric, for a line beside the plain one."""
    if found.difference is None or found.p_value is None:
        return f"{name}: no test, {_STATES.get(found.state, '')}"
    assert found.control is not None
    assert found.variant is not None
    bounds = interval(found, is_share)
    return (
        f"{name}: {level(found.variant, is_share)} of {counted(found.variant_units, 'unit')} against "
        f"{level(found.control, is_share)} of {found.control_units:,}, {change(found.difference, is_share)} "
        f"({bounds}), p {probability(found.p_value)}"
    )


def explored(one: Exploration, alpha: float) -> str:
    """Whether the variant does the same in all groups, in one sentence."""
    if one.p_value is None:
        return f"{one.metric}, {one.variant}: fewer than two groups could be tested."
    unlike = "does not do the same in all groups" if one.p_value < alpha else "is not shown to differ between groups"
    return f"{one.metric}: {one.variant} {unlike} (p {probability(one.p_value)}, corrected)."
