"""Made-up experiments: units with their arm, values and what was known of them before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from intelligence.experiments.aggregation import MetricColumns, UnitColumns, aggregate
from intelligence.experiments.arm_statistics import ArmStatistics, MetricStatistics

Values = Any


def arm_of(values: Values, covariate: Values = None) -> ArmStatistics:
    """The sums of an arm's values, by numpy."""
    values = np.asarray(values, float)
    known = np.zeros(len(values)) if covariate is None else np.asarray(covariate, float)
    apart, known_apart = values - values.mean(), known - known.mean()
    return ArmStatistics(
        len(values), float(values.mean()), float((apart**2).sum()), float(known.mean()), float((known_apart**2).sum()),
        float((apart * known_apart).sum()), float(np.abs(apart).max()),
    )  # fmt: skip


def share_of(units: int, yes: int) -> ArmStatistics:
    """The sums of an arm of so many units, of which so many say yes."""
    return ArmStatistics.from_sums(units, yes, yes)


def numbers(**arms: ArmStatistics) -> MetricStatistics:
    """A metric that is a number."""
    return MetricStatistics("revenue", False, arms)


def shares(**arms: ArmStatistics) -> MetricStatistics:
    """A metric of yes and no."""
    return MetricStatistics("bought", True, arms)


def aggregated(
    units: pa.Table, metrics: Sequence[MetricColumns], sent: str = "", group: str = ""
) -> tuple[dict[str, int], list[MetricStatistics]]:
    """The sums of a table of units with a column `arm`, by the query."""
    with duckdb.connect() as connection:
        connection.register("units", units)
        return aggregate(connection, "units", UnitColumns("arm", sent, group), metrics)
