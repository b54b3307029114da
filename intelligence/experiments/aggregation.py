"""From units to the sums of each arm: one SQL query over all metrics, arms and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from intelligence.experiments.arm_statistics import ArmStatistics, MetricStatistics
from intelligence.experiments.reading import is_decided_by_one
from stores.duckdb_connection import identifier

# Where a single unit decides, values are capped at this share of units from below and from above; of many units fewer
# are capped.
_CAP, _MANY_UNITS, _CAP_OF_MANY = 0.01, 10_000, 0.001


@dataclass(frozen=True)
class MetricColumns:
    """Where a metric stands in the relation of units.

    Attributes:
        name: of the metric.
        value: its column: a number, 0 and 1 for no and yes, null where it is missing.
        is_share: whether it says yes or no.
        covariate: name of the covariate; empty without one.
        covariate_value: the covariate's column, of the same kinds.
    """

    name: str
    value: str
    is_share: bool
    covariate: str = ""
    covariate_value: str = ""


@dataclass(frozen=True)
class UnitColumns:
    """Where the rest stands in the relation of units, which has a row for each.

    Attributes:
        arm: the column with the arm.
        sent: whether the unit was sent something; empty where that is not known.
        group: groups to explore; empty without any.
    """

    arm: str
    sent: str = ""
    group: str = ""


def aggregate(
    connection: duckdb.DuckDBPyConnection, relation: str, units: UnitColumns, metrics: Sequence[MetricColumns]
) -> tuple[dict[str, int], list[MetricStatistics]]:
    """The size of each arm, and the sums of each metric in it.

    A covariate that a unit lacks is taken for the mean of all: it then adds nothing to the adjustment, and no unit is
    left out.

    Args:
        connection: where the relation is.
        relation: SQL for it, one row a unit.
        units: its columns of arms and groups.
        metrics: its columns of values.
    """
    rows = connection.execute(_query(relation, units, metrics)).fetchall()
    counts = {str(row[0]): int(row[5]) for row in rows if _is_whole(row)}
    found = [_statistics(rows, place, metric) for place, metric in enumerate(metrics)]
    return counts, [
        _with_capped(connection, relation, units, columns, metric)
        if any(is_decided_by_one(metric, arm) for arm in metric.arms.values())
        else metric
        for columns, metric in zip(metrics, found, strict=True)
    ]


# arm; sent, and whether the row is of both; group, and whether the row is of all; units
_KEYS = 6
_SUMS_A_METRIC = 10


def _query(relation: str, units: UnitColumns, metrics: Sequence[MetricColumns]) -> str:
    arm, sent, group = (identifier(one) if one else "null" for one in (units.arm, units.sent, units.group))
    columns, sums = [], []
    for place, metric in enumerate(metrics):
        value, known = f"value_{place}", f"covariate_{place}"
        covariate = identifier(metric.covariate_value) if metric.covariate_value else "0.0"
        columns += [
            f"cast({identifier(metric.value)} as double) as {value}",
            f"case when {identifier(metric.value)} is not null then {covariate} end as {known}_itself",
            f"case when {identifier(metric.value)} is not null then "
            f"coalesce(cast({covariate} as double), avg({covariate}) over (), 0.0) end as {known}",
        ]
        sums += [
            f"count({value})", f"avg({value})", f"var_pop({value}) * count({value})", f"min({value})", f"max({value})",
            f"avg({known})", f"var_pop({known}) * count({known})", f"covar_pop({value}, {known}) * count({value})",
            f"count(*) - count({value})", f"count({value}) - count({known}_itself)",
        ]  # fmt: skip
    cuts = [name for name, column in (("is_sent", units.sent), ("unit_group", units.group)) if column]
    keys = [
        f"{name}, grouping({name}) as {whole}" if name in cuts else f"null as {name}, 1 as {whole}"
        for name, whole in (("is_sent", "all_sent"), ("unit_group", "all_groups"))
    ]
    sets = ["(arm)", *(f"(arm, {name})" for name in cuts)]
    return f"""
        with units as (select * from {relation}),
        typed as (
            select
                {arm} as arm, {sent} as is_sent, {group} as unit_group,
                {", ".join(columns)}
            from units
        ),
        summed as (
            select
                arm, {", ".join(keys)}, count(*) as units,
                {", ".join(sums)}
            from typed
            group by grouping sets ({", ".join(sets)})
        )
        select * from summed order by arm, unit_group
    """


def _is_whole(row: tuple[Any, ...]) -> bool:
    return bool(row[2]) and bool(row[4])


def _statistics(rows: list[tuple[Any, ...]], place: int, metric: MetricColumns) -> MetricStatistics:
    start = _KEYS + place * _SUMS_A_METRIC
    arms: dict[str, ArmStatistics] = {}
    sent: dict[str, ArmStatistics] = {}
    groups: dict[str, dict[str, ArmStatistics]] = {}
    for row in rows:
        statistics = _arm(row[start : start + _SUMS_A_METRIC])
        if _is_whole(row):
            arms[str(row[0])] = statistics
        elif not row[2] and row[1]:
            sent[str(row[0])] = statistics
        elif not row[4]:
            name = "" if row[3] is None else str(row[3])
            groups.setdefault(name, {})[str(row[0])] = statistics
    return MetricStatistics(metric.name, metric.is_share, arms, metric.covariate, sent, groups)


def _arm(values: tuple[Any, ...]) -> ArmStatistics:
    units, mean, squares, low, high, covariate_mean, covariate_squares, products, missing, without = (
        float(value or 0.0) for value in values
    )
    farthest = max(mean - low, high - mean)
    return ArmStatistics(
        int(units), mean, squares, covariate_mean, covariate_squares, products, farthest, int(missing), int(without)
    )


def _with_capped(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    units: UnitColumns,
    columns: MetricColumns,
    metric: MetricStatistics,
) -> MetricStatistics:
    """The metric with a second reading, of which no single unit decides."""
    many = sum(arm.units for arm in metric.arms.values()) >= _MANY_UNITS
    share, value = _CAP_OF_MANY if many else _CAP, identifier(columns.value)
    low, high = connection.execute(
        f"select quantile_cont({value}, {share}), quantile_cont({value}, {1 - share}) from {relation}"
    ).fetchall()[0]
    if low is None or low == high:
        return metric  # nearly all have the same value: what is capped is what the metric is about
    capped = f"(select * replace (least(greatest({value}, {low!r}), {high!r}) as {value}) from {relation})"
    plain = replace(columns, covariate="", covariate_value="")
    rows = connection.execute(_query(capped, UnitColumns(units.arm), [plain])).fetchall()
    return replace(metric, capped=_statistics(rows, 0, plain).arms, cap=(low, high))
