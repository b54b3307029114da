"""How matched members of a segment differ from their group in what they did afterwards, and how alike both were before.

The difference of means has an interval of 95 % from its influence function, summed by customer over all days and both
roles (Liang, Zeger 1986: clustered variance). In a stratum with n others their deviations are taken times
sqrt(n / (n - 1)), since they are measured from the mean of the same n.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import duckdb

from orchestration.backtest.outcomes import ALL_OUTCOMES, COVARIATES, Outcome

# With fewer customers on a side an interval would say too little about the next ones.
FEWEST_CUSTOMERS = 20
# Standardised mean differences up to this count as alike (Austin 2009).
ALIKE = 0.1
_Z95 = 1.959963984540054


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

    @property
    def is_alike(self) -> bool:
        """Whether both sides are alike in it after matching."""
        return self.after is None or abs(self.after) <= ALIKE


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

    @property
    def is_enough(self) -> bool:
        """Whether there are enough customers on both sides for intervals."""
        return min(self.matched_members, self.matched_others) >= FEWEST_CUSTOMERS


def counts(connection: duckdb.DuckDBPyConnection) -> Counts:
    """How many customers are compared, in the table `compared` of `matching.match`."""
    return Counts(*map(int, connection.execute(_COUNTS).fetchall()[0]))


def estimates(connection: duckdb.DuckDBPyConnection) -> list[Estimate]:
    """Every outcome, and as the last one how many were sent messages meanwhile; empty where nobody is matched."""
    found = counts(connection)
    if not found.matched_member_days:
        return []
    each = {name: ", ".join(part.format(column=one.column) for one in ALL_OUTCOMES) for name, part in _PARTS.items()}
    values = connection.execute(_ESTIMATES.format(**each)).fetchall()[0]
    told = []
    for number, outcome in enumerate(ALL_OUTCOMES):
        members, group, variance = values[3 * number : 3 * number + 3]
        told.append(Estimate(outcome, members, group, sqrt(variance) if found.is_enough and variance else None))
    return told


def balances(connection: duckdb.DuckDBPyConnection) -> list[Balance]:
    """How alike both sides were, one row for each covariate; empty where nobody is matched."""
    if not counts(connection).matched_member_days:
        return []
    return [Balance(name, *connection.execute(_BALANCE.format(covariate=name)).fetchall()[0]) for name in COVARIATES]


_COUNTS = """
    select
        count(*) filter (where is_member),
        count(*) filter (where is_member and is_matched),
        count(distinct customer_id) filter (where is_member and is_matched),
        count(distinct customer_id) filter (where not is_member and is_matched)
    from compared
"""

# Of an outcome: its means, what a row adds to a customer's influence on their difference, and what comes of that.
_PARTS = {
    "means": """
            avg({column}) filter (where is_member) as {column}_members,
            sum(weight * {column}) filter (where not is_member) / sum(weight) filter (where not is_member)
                as {column}_group""",
    "influences": """
            sum(
                case
                    when is_member
                        then compared.{column} - strata.{column} - (overall.{column}_members - overall.{column}_group)
                    else -weight * (compared.{column} - strata.{column})
                        * sqrt(compared.others / (compared.others - 1.0))
                end
            ) / any_value(overall.members) as {column}""",
    "found": """
        any_value({column}_members),
        any_value({column}_group),
        sum({column} * {column}) * count(*) / greatest(count(*) - 1, 1)""",
}

_ESTIMATES = """
    with overall as (
        select
            count(*) filter (where is_member) as members,
            {means}
        from compared
        where is_matched
    ),
    by_customer as (
        select
            customer_id,
            {influences}
        from compared
        inner join strata on compared.day = strata.day and compared.stratum = strata.stratum
        cross join overall
        where is_matched
        group by customer_id
    )
    select {found}
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
