"""The back-test of a segment: its members on days of the past, and what they did afterwards against a matched group."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from orchestration.backtest import comparison, matching
from orchestration.backtest.comparison import Balance, Counts, Estimate
from orchestration.backtest.customer_days import CustomerDays
from orchestration.backtest.day_builds import BuildPlan, DayBuilder
from orchestration.backtest.outcomes import ALL_OUTCOMES
from orchestration.backtest.period import Period
from orchestration.backtest.place import temporary_place
from orchestration.dbt.active_channels import require_read
from orchestration.seeds.seed_files import check_seeds
from stores.lake.reader import digest_of_loads
from stores.settings import Settings


@dataclass(frozen=True)
class Cost:
    """What a back-test will build, said before it starts.

    Attributes:
        days: how many days.
        once: models and seeds that are built once.
        a_day: models that are built for each day.
        bytes_needed: about as much as the place will take: what the warehouse has.
        bytes_free: on the disk of the data folder.
    """

    days: int
    once: int
    a_day: int
    bytes_needed: int
    bytes_free: int


@dataclass(frozen=True)
class DayFigures:
    """A day of a back-test; figures of what came after it are None where the window has not passed.

    Attributes:
        day: the day.
        until: the last day of the window after it.
        members: who was in the segment at its end.
        joined: of them, who was not on the day before it in the list; None on the first day.
        left: who was then, and is not; None on the first day.
        not_profiled: further members, who refused profiling or were minors: left out.
        not_seen_yet: further members of whom nothing was known by then: left out.
        others: customers of the day who were no members.
        matched: members with comparable others; None where the window has not passed.
        totals: what all members did, by outcome.
        member_means: a matched member on average, by outcome.
        group_means: the matched group, by outcome.
    """

    day: date
    until: date
    members: int
    joined: int | None
    left: int | None
    not_profiled: int
    not_seen_yet: int
    others: int
    matched: int | None
    totals: dict[str, float] | None
    member_means: dict[str, float] | None
    group_means: dict[str, float] | None

    @property
    def is_known(self) -> bool:
        """Whether what came after it is known."""
        return self.totals is not None


@dataclass(frozen=True)
class Backtest:
    """What a back-test found.

    Attributes:
        segment: its name.
        period: the days.
        match_on: measures by which customers had to be alike.
        known_until: the last day of which it is known what customers did.
        days: one for each day.
        ever_members: customers who were members on any of the days.
        counts: customers on both sides.
        estimates: outcomes of matched members against their group.
        balances: how alike both were before.
        has_new_loads: whether the lake got further loads meanwhile, which some of the days may have read.
    """

    segment: str
    period: Period
    match_on: Sequence[str]
    known_until: date | None
    days: list[DayFigures]
    ever_members: int
    counts: Counts
    estimates: list[Estimate]
    balances: list[Balance]
    has_new_loads: bool


def cost(settings: Settings, plan: BuildPlan, period: Period) -> Cost:
    """What the back-test of a segment will build.

    Raises:
        UserError: a channel was never read, or a seed is wrong.
    """
    check_seeds(settings)
    require_read(settings)
    size = settings.warehouse_path.stat().st_size if settings.warehouse_path.exists() else 0
    return Cost(len(period.days), len(plan.once), len(plan.of_a_day), size, shutil.disk_usage(settings.home).free)


def backtest(
    settings: Settings,
    segment: str,
    plan: BuildPlan,
    period: Period,
    match_on: Sequence[str],
    tell: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Build the days in a place of their own, compare, and remove the place.

    Args:
        settings: the installation; nothing of it is written.
        segment: name of the segment.
        plan: what is built for it.
        period: the days.
        match_on: of `matching.MEASURES`.
        tell: told of each step that is done.

    Raises:
        UserError: the project changed meanwhile.
        NotPublished: a day cannot be built.
    """
    loads = digest_of_loads(settings.lake)
    with temporary_place(settings, period.days[0]) as place:
        kept, builder = CustomerDays(place), DayBuilder(place, plan, period.today)
        builder.begin(settings)
        kept.begin()
        tell("what all days share")
        for day in period.days:
            builder.build_day(day)
            members = kept.keep_day(day, plan.segment)
            tell(f"{day}: {members:,} members")
        builder.build_afterwards()
        known_until = kept.keep_afterwards(period.days, period.after_days, period.today)
        with kept.opened() as connection:
            matching.match(connection, match_on)
            found = Backtest(
                segment=segment,
                period=period,
                match_on=match_on,
                known_until=known_until,
                days=list(_days(connection, period)),
                ever_members=_ever_members(connection),
                counts=comparison.counts(connection),
                estimates=comparison.estimates(connection),
                balances=comparison.balances(connection),
                has_new_loads=digest_of_loads(settings.lake) != loads,
            )
        tell("what they did afterwards")
        return found


def _ever_members(connection: duckdb.DuckDBPyConnection) -> int:
    asked = "select count(distinct customer_id) from customer_days where is_member and left_out_reason is null"
    return int(connection.execute(asked).fetchall()[0][0])


def _days(connection: duckdb.DuckDBPyConnection, period: Period) -> Iterator[DayFigures]:
    """The rows of the days."""
    columns = [outcome.column for outcome in ALL_OUTCOMES]
    sums = {
        "totals": [f"sum({one}) filter (where is_member)" for one in columns],
        "members": [f"avg({one}) filter (where is_member and is_matched)" for one in columns],
        "others": [
            f"sum(weight * {one}) filter (where not is_member) / nullif(sum(weight) filter (where not is_member), 0)"
            for one in columns
        ],
    }
    lists = ", ".join(f"[{', '.join(found)}] as {name}" for name, found in sums.items())
    for row in connection.execute(_DAY_ROWS.format(lists=lists)).fetchall():
        day, members, joined, left, not_profiled, not_seen_yet, others, matched, *afterwards = row
        yield DayFigures(
            day=day,
            until=day + timedelta(days=period.after_days),
            members=members,
            joined=joined,
            left=left,
            not_profiled=not_profiled,
            not_seen_yet=not_seen_yet,
            others=others,
            matched=matched,
            totals=_named(afterwards[0]),
            member_means=_named(afterwards[1]),
            group_means=_named(afterwards[2]),
        )


def _named(values: list[float | None] | None) -> dict[str, float] | None:
    """Figures by outcome; None where there are none."""
    if values is None or values[0] is None:
        return None
    return {
        outcome.name: float(value) for outcome, value in zip(ALL_OUTCOMES, values, strict=True) if value is not None
    }


_DAY_ROWS = """
    with kept as (
        select
            *,
            is_member and left_out_reason is null as counts
        from customer_days
    ),
    days as (
        select day, lag(day) over (order by day) as day_before, from asked_days
    ),
    by_day as (
        select
            day,
            count(*) filter (where counts) as members,
            count(*) filter (where is_member and left_out_reason in ('opted_out', 'minor')) as not_profiled,
            count(*) filter (where is_member and left_out_reason = 'not_seen_yet') as not_seen_yet,
            count(*) filter (where not is_member and left_out_reason is null) as others
        from kept
        group by day
    ),
    stayed as (
        select days.day, count(*) as stayed
        from days
        inner join kept as now on days.day = now.day and now.counts
        inner join kept as earlier
            on days.day_before = earlier.day and now.customer_id = earlier.customer_id and earlier.counts
        group by days.day
    ),
    windows as (
        select
            day,
            count(*) filter (where is_member and is_matched) as matched,
            {lists}
        from compared
        group by day
    )
    select
        days.day,
        coalesce(by_day.members, 0),
        case when day_before is not null then coalesce(by_day.members, 0) - coalesce(stayed, 0) end,
        case when day_before is not null then coalesce(former.members, 0) - coalesce(stayed, 0) end,
        coalesce(by_day.not_profiled, 0),
        coalesce(by_day.not_seen_yet, 0),
        coalesce(by_day.others, 0),
        windows.matched,
        windows.totals,
        windows.members,
        windows.others
    from days
    left join by_day on days.day = by_day.day
    left join by_day as former on days.day_before = former.day
    left join stayed on days.day = stayed.day
    left join windows on days.day = windows.day
    order by days.day
"""
