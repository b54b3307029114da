"""Matches members of a segment with other customers of the same day who were alike before it.

Exact matching on strata: members and others of a day who fall into the same bands. Each member counts once; an other
counts as much as there are members for each other of their stratum, so that the others have the members' mix (the
average effect on members, ATT; Iacus, King, Porro 2012, "Causal Inference without Balance Checking").
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.backtest.outcomes import ALL_OUTCOMES

MEASURES = ("recency_days", "purchases", "spend_percent", "tenure_days")
# In a stratum with a single other nothing tells how far others differ.
FEWEST_OTHERS = 2
_SPEND = "spend_percent"
# Bands of a measure at most: a stratum is a number with so many for each measure.
_PLACES = 100


def match(connection: duckdb.DuckDBPyConnection, measures: Sequence[str]) -> None:
    """Make the tables `strata` and `compared`: customers of days whose window has passed, each with their weight.

    Args:
        connection: with the tables `customer_days`, `afterwards` and `bands` (measure, lower).
        measures: of `MEASURES`, by which customers have to be alike.
    """
    rows = connection.execute("select distinct measure, lower from bands order by measure, lower").fetchall()
    bounds = {measure: [float(lower) for name, lower in rows if name == measure] for measure in measures}
    lowest = [
        f"min(net_revenue) filter (where 100 * lower >= {lower!r} * everybody)" for lower in bounds.get(_SPEND, [])
    ]
    connection.execute(_SPEND_BOUNDS.format(bounds=", ".join(lowest)))
    stratum = " + ".join(
        f"{_PLACES**place} * ({_band(measure, bounds[measure])})" for place, measure in enumerate(measures)
    )
    connection.execute(_PLACED.format(stratum=stratum))
    means = ", ".join(f"avg({one.column}) filter (where not is_member) as {one.column}" for one in ALL_OUTCOMES)
    connection.execute(_STRATA.format(means=means))
    connection.execute(_COMPARED, {"fewest": FEWEST_OTHERS})


def _band(measure: str, bounds: list[float]) -> str:
    """An expression of the number of the band that a customer is in: 0 without a value, 1 below all bounds."""
    value, known = (measure, f"{measure} is not null")
    places = [repr(bound) for bound in bounds]
    if measure == _SPEND:
        value, known = "net_revenue", "has_bought"
        places = [f"spend_bounds.lowest[{number + 1}]" for number in range(len(bounds))]
    cases = " ".join(f"when {value} >= {place} then {number + 2}" for number, place in reversed([*enumerate(places)]))
    return f"case when not coalesce({known}, false) then 0 {cases} else 1 end"


# The net revenue from which on a buyer of the day is in a band: what so many percent of them stay below.
_SPEND_BOUNDS = """
    create or replace table spend_bounds as
    with spends as (
        select day, net_revenue, count(*) as buyers
        from customer_days
        where has_bought and left_out_reason is null
        group by day, net_revenue
    ),
    ranked as (
        select
            day,
            net_revenue,
            sum(buyers) over (partition by day order by net_revenue) - buyers as lower,
            sum(buyers) over (partition by day) as everybody
        from spends
    )
    select day, [{bounds}] as lowest
    from ranked
    group by day
"""

_PLACED = """
    create or replace table placed as
    select
        customer_days.*,
        afterwards.* exclude (day, customer_id),
        cast({stratum} as bigint) as stratum
    from customer_days
    inner join afterwards
        on customer_days.day = afterwards.day and customer_days.customer_id = afterwards.customer_id
    left join spend_bounds on customer_days.day = spend_bounds.day
"""

# What the others of a stratum did on average stands beside how many they are.
_STRATA = """
    create or replace table strata as
    select
        day,
        stratum,
        count(*) filter (where is_member) as members,
        count(*) filter (where not is_member) as others,
        {means}
    from placed
    group by day, stratum
"""

_COMPARED = """
    create or replace table compared as
    select
        placed.*,
        strata.others,
        strata.members > 0 and strata.others >= $fewest as is_matched,
        case
            when not is_matched then 0.0
            when is_member then 1.0
            else strata.members / cast(strata.others as double)
        end as weight
    from placed
    inner join strata on placed.day = strata.day and placed.stratum = strata.stratum
"""
