"""Members of a segment compared with other customers of the same day who were alike before it.

Exact matching on strata: members and others of a day who fall into the same bands. Each member counts once; an other
counts as much as there are members for each other of their stratum, so that the others have the members' mix (the
average effect on members, ATT; Iacus, King, Porro 2012, "Causal Inference without Balance Checking").

The difference of means has an interval of 95 % from its influence function, summed by customer over all days and both
roles (Liang, Zeger 1986: clustered variance). In a stratum with n others their deviations are taken times
sqrt(n / (n - 1)), since they are measured from the mean of the same n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import duckdb

MEASURES = ("recency_days", "purchases", "spend_percent", "tenure_days")
# In a stratum with a single other nothing tells how far others differ.
FEWEST_OTHERS = 2
# With fewer customers on a side an interval would say too little about the next ones.
FEWEST_CUSTOMERS = 20
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Outcome:
    """What customers may do after a day.

    Attributes:
        name: of the outcome; its column in the table `afterwards` is `<name>_after`.
        words: what it is called.
        is_share: whether each customer does it or does not.
    """

    name: str
    words: str
    is_share: bool

    @property
    def column(self) -> str:
        """In the tables `afterwards` and `compared`."""
        return f"{self.name}_after"


OUTCOMES = (
    Outcome("bought", "buyers", True),
    Outcome("purchases", "purchases a customer", False),
    Outcome("net_revenue", "net revenue a customer", False),
    Outcome("interactions", "interactions a customer", False),
    Outcome("opted_out", "opted out of messages", True),
)
MESSAGES = Outcome("got_message", "were sent a campaign message", True)

# What customers are like on a day: by the matched measures, and by one that is not matched.
COVARIATES = {
    "has_bought": "had bought before",
    "recency_days": "days since the last purchase",
    "purchases": "purchases before",
    "net_revenue": "net revenue before",
    "tenure_days": "days known",
    "interactions_30d": "interactions in 30 days before (not matched)",
}


@dataclass(frozen=True)
class Estimate:
    """How the matched members and their group differ in an outcome, over all days whose window has passed.

    Attributes:
        outcome: of what.
        members: mean of the matched members; None where no channel tells of such a thing.
        group: weighted mean of the matched group; None likewise.
        standard_error: of the difference; None where a side has too few customers for one, or nobody differs.
    """

    outcome: Outcome
    members: float | None
    group: float | None
    standard_error: float | None

    @property
    def difference(self) -> float | None:
        """Members less group."""
        return None if self.members is None or self.group is None else self.members - self.group

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the difference, 95 %."""
        if self.standard_error is None or self.difference is None:
            return None
        return self.difference - _Z95 * self.standard_error, self.difference + _Z95 * self.standard_error


@dataclass(frozen=True)
class Balance:
    """How alike members and others were before the day, as standardised mean differences.

    Attributes:
        covariate: by what.
        before: members and others as they are; None where nobody differs in it, or nobody has it.
        after: matched members and their weighted group, by the same standard deviation.
    """

    covariate: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Counts:
    """Customers on both sides, over all days whose window has passed.

    Attributes:
        member_days: members, once for each of these days.
        matched_member_days: those with comparable others.
        matched_members: customers behind them.
        matched_others: customers in the matched group.
    """

    member_days: int
    matched_member_days: int
    matched_members: int
    matched_others: int


def match(connection: duckdb.DuckDBPyConnection, measures: Sequence[str]) -> None:
    """Make the table `compared`: customers of days whose window has passed, with what they did, and their weight.

    Args:
        connection: with the tables `customer_days`, `afterwards` and `bands` (measure, lower).
        measures: of `MEASURES`, by which customers have to be alike.
    """
    rows = connection.execute("select measure, lower from bands order by measure, lower desc").fetchall()
    banded = [_band(measure, [float(lower) for name, lower in rows if name == measure]) for measure in measures]
    connection.execute(_COMPARED.format(stratum=" || '|' || ".join(banded)), {"fewest": FEWEST_OTHERS})


def counts(connection: duckdb.DuckDBPyConnection) -> Counts:
    """How many customers are compared."""
    return Counts(*map(int, connection.execute(_COUNTS).fetchall()[0]))


def estimates(connection: duckdb.DuckDBPyConnection) -> list[Estimate]:
    """The outcomes, and as the last one how many were sent messages meanwhile; empty where nobody is matched."""
    found = counts(connection)
    is_enough = min(found.matched_members, found.matched_others) >= FEWEST_CUSTOMERS
    told = []
    for outcome in (*OUTCOMES, MESSAGES) if found.matched_member_days else ():
        members, group, variance = connection.execute(_ESTIMATE.format(outcome=outcome.column)).fetchall()[0]
        told.append(Estimate(outcome, members, group, sqrt(variance) if is_enough and variance else None))
    return told


def balances(connection: duckdb.DuckDBPyConnection) -> list[Balance]:
    """How alike both sides were, one row for each covariate; empty where nobody is matched."""
    if not counts(connection).matched_member_days:
        return []
    return [Balance(name, *connection.execute(_BALANCE.format(covariate=name)).fetchall()[0]) for name in COVARIATES]


def _band(measure: str, bounds: list[float]) -> str:
    """An expression of the band that a customer's value is in, as text; bounds come highest first."""
    cases = " ".join(f"when {measure} >= {bound!r} then '{bound!r}'" for bound in bounds)
    return f"case when {measure} is null then 'none' {cases} else 'lower' end"


_COMPARED = """
    create or replace table compared as
    with ranked as (
        select
            customer_days.*,
            afterwards.* exclude (day, customer_id),
            case
                when has_bought then 100 * percent_rank() over (
                    partition by customer_days.day, has_bought order by customer_days.net_revenue
                )
            end as spend_percent
        from customer_days
        inner join afterwards
            on customer_days.day = afterwards.day and customer_days.customer_id = afterwards.customer_id
    ),
    placed as (
        select *, {stratum} as stratum from ranked
    ),
    sized as (
        select
            *,
            count(*) filter (where is_member) over same as members,
            count(*) filter (where not is_member) over same as others
        from placed
        window same as (partition by day, stratum)
    )
    select
        *,
        members > 0 and others >= $fewest as is_matched,
        case
            when not is_matched then 0.0
            when is_member then 1.0
            else members / cast(others as double)
        end as weight
    from sized
"""

_COUNTS = """
    select
        count(*) filter (where is_member),
        count(*) filter (where is_member and is_matched),
        count(distinct customer_id) filter (where is_member and is_matched),
        count(distinct customer_id) filter (where not is_member and is_matched)
    from compared
"""

_ESTIMATE = """
    with matched as (
        select
            customer_id, is_member, weight, others, {outcome} as value,
            avg({outcome}) filter (where not is_member) over (partition by day, stratum) as alike
        from compared
        where is_matched
    ),
    overall as (
        select
            count(*) filter (where is_member) as members,
            avg(value) filter (where is_member) as member_mean,
            sum(weight * value) filter (where not is_member) / sum(weight) filter (where not is_member) as group_mean
        from matched
    ),
    by_customer as (
        select
            customer_id,
            sum(
                case
                    when is_member then value - alike - (member_mean - group_mean)
                    else -weight * (value - alike) * sqrt(others / (others - 1.0))
                end
            ) / any_value(members) as influence
        from matched
        cross join overall
        group by customer_id
    )
    select
        any_value(member_mean),
        any_value(group_mean),
        sum(influence * influence) * count(*) / greatest(count(*) - 1, 1)
    from by_customer
    cross join overall
"""

_BALANCE = """
    with covariates as (
        select is_member, weight, cast({covariate} as double) as value
        from compared
        where {covariate} is not null
    ),
    sides as (
        select
            avg(value) filter (where is_member) - avg(value) filter (where not is_member) as difference_before,
            sqrt((
                coalesce(var_samp(value) filter (where is_member), 0)
                + coalesce(var_samp(value) filter (where not is_member), 0)
            ) / 2) as deviation,
            sum(weight * value) filter (where is_member) / nullif(sum(weight) filter (where is_member), 0)
            - sum(weight * value) filter (where not is_member) / nullif(sum(weight) filter (where not is_member), 0)
                as difference_after
        from covariates
    )
    select difference_before / nullif(deviation, 0), difference_after / nullif(deviation, 0) from sides
"""
