"""Figures and members of the segments page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from serving.answers import answers
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd

MEMBERS_SHOWN = 300


@dataclass(frozen=True)
class Audience:
    """A set of customers, as a select of customer_id with its values apart.

    Attributes:
        key: short and unique, for file names and widget keys.
        sql: select customer_id …, values only as `?`.
        parameters: the values.
    """

    key: str
    sql: str
    parameters: tuple[Any, ...] = ()


def rfm_cell(r_score: int | None, f_score: int | None) -> Audience:
    """Buyers with this recency and frequency score; None means any."""
    return Audience(
        f"rfm_r{r_score or 'x'}f{f_score or 'x'}",
        "select customer_id from marts.customer_rfm"
        " where r_score = coalesce(cast(? as int), r_score) and f_score = coalesce(cast(? as int), f_score)",
        (r_score, f_score),
    )


def rfm_segment(code: str) -> Audience:
    """Buyers of one of the eight segments."""
    return Audience(f"rfm_{code}", "select customer_id from marts.customer_rfm where segment_8 = ?", (code,))


def stage(code: str) -> Audience:
    """Customers in a lifecycle stage now."""
    return Audience(f"stage_{code}", "select customer_id from marts.customer_lifecycle where stage = ?", (code,))


def moved(before: str | None, after: str, day: date) -> Audience:
    """Customers who are in stage `after` now and were in `before` at the end of `day`; None: not yet known then."""
    return Audience(
        f"moved_{before or 'unknown'}_{after}",
        f"""
        select now.customer_id
        from marts.customer_lifecycle as now
        left join ({_STAGE_ON}) as earlier on now.customer_id = earlier.customer_id
        where now.stage = ? and earlier.stage is not distinct from ?
        """,
        (day, day, after, before),
    )


def stage_on(code: str, day: date) -> Audience:
    """Customers who were in a lifecycle stage at the end of a day."""
    return Audience(
        f"stage_{code}_on_{day}", f"select customer_id from ({_STAGE_ON}) as stages where stage = ?", (day, day, code)
    )


def quadrant(code: str) -> Audience:
    """Customers in a value quadrant."""
    return Audience(f"quadrant_{code}", "select customer_id from marts.customer_value where quadrant = ?", (code,))


# A history row holds from valid_from until the day before valid_to; without valid_from nobody knows since when.
_STAGE_ON = """
    select customer_id, stage
    from marts.customer_lifecycle_history
    where (valid_from is null or valid_from <= cast(? as date)) and (valid_to is null or valid_to > cast(? as date))
"""


def count(published: PublishedCopy, audience: Audience) -> int:
    """How many customers the audience has."""
    found = published.record(f"select count(*) as customers from ({audience.sql})", audience.parameters)
    return int(found["customers"])


@answers(
    "customer_id text, name_mask text, phone_mask text, city text, stage text, segment_8 text, segment_8_zh text, "
    "abc_class text, value_score number, orders_count whole, net_revenue money, last_purchase_at time, "
    "last_interaction_at time"
)
def members(
    published: PublishedCopy, audience: Audience, limit: int | None = MEMBERS_SHOWN, skip: int = 0
) -> pd.DataFrame:
    """The first `limit` members by net revenue after the `skip` before them, or all of them, masked."""
    return published.frame(
        f"""
        select
            c.customer_id, c.name_mask, c.phone_mask, c.city, l.stage, r.segment_8, r.segment_8_zh, v.abc_class,
            v.value_score, c.orders_count, c.net_revenue, c.last_purchase_at, c.last_interaction_at
        from ({audience.sql}) as a
        inner join marts.customers as c on a.customer_id = c.customer_id
        left join marts.customer_lifecycle as l on a.customer_id = l.customer_id
        left join marts.customer_rfm as r on a.customer_id = r.customer_id
        left join marts.customer_value as v on a.customer_id = v.customer_id
        order by c.net_revenue desc nulls last, c.customer_id
        limit ? offset ?
        """,
        [*audience.parameters, limit, skip],
    )


@answers("r_score whole, f_score whole, customers whole, monetary number, recency_days number, frequency number")
def rfm_grid(published: PublishedCopy) -> pd.DataFrame:
    """The 25 cells: r_score, f_score, customers, mean monetary, mean recency; cells without customers are missing."""
    return published.frame(
        """
        select
            r_score, f_score, count(*) as customers, avg(monetary) as monetary, avg(recency_days) as recency_days,
            avg(frequency) as frequency
        from marts.customer_rfm
        group by r_score, f_score
        order by r_score, f_score
        """
    )


@answers("day day, stage text, customers whole")
def stage_history(published: PublishedCopy) -> pd.DataFrame:
    """Customers by stage at the end of each of the last twelve months and now: day, stage, customers."""
    return published.frame(
        """
        with today as (
            select max(as_of) as as_of from marts.customer_lifecycle
        ),
        days as (
            select cast(last_day(cast(as_of - to_months(cast(n as int)) as date)) as date) as day
            from today, range(1, 13) as r (n)
            union
            select as_of from today where as_of is not null
        )
        select d.day, h.stage, count(*) as customers
        from days as d
        inner join marts.customer_lifecycle_history as h
            on (h.valid_from is null or h.valid_from <= d.day) and (h.valid_to is null or h.valid_to > d.day)
        group by d.day, h.stage
        order by d.day, h.stage
        """
    )


@answers("before text, after text, customers whole")
def flow(published: PublishedCopy, day: date) -> pd.DataFrame:
    """From the stage at the end of `day` to the stage now: before (null: not yet known), after, customers."""
    return published.frame(
        f"""
        select earlier.stage as before, now.stage as after, count(*) as customers
        from marts.customer_lifecycle as now
        left join ({_STAGE_ON}) as earlier on now.customer_id = earlier.customer_id
        group by all
        order by before nulls first, after
        """,
        [day, day],
    )


@answers(
    "quadrant text, customers whole, revenue_share number, spend_6m number, lowest_current number, "
    "lowest_potential number"
)
def quadrants(published: PublishedCopy) -> pd.DataFrame:
    """The four quadrants: customers, revenue share, spend, and the lowest scores that count as high."""
    return published.frame(
        """
        select
            quadrant, count(*) as customers, sum(revenue_share) as revenue_share, avg(spend_6m) as spend_6m,
            min(current_value_score) as lowest_current, min(potential_value_score) as lowest_potential
        from marts.customer_value
        group by quadrant
        order by quadrant
        """
    )


@answers("customer_id text, quadrant text, current_value_score number, potential_value_score number, spend_6m money")
def value_points(published: PublishedCopy, limit: int = 1500) -> pd.DataFrame:
    """A fixed sample of customers with both value scores."""
    return published.frame(
        """
        select customer_id, quadrant, current_value_score, potential_value_score, spend_6m
        from marts.customer_value
        order by hash(customer_id)
        limit ?
        """,
        [limit],
    )


@dataclass(frozen=True)
class NamedSegment:
    """A segment model of the project: its name and what its yml says about it."""

    name: str
    name_zh: str
    name_en: str
    description: str
    description_zh: str

    @property
    def audience(self) -> Audience:
        """Its members."""
        return Audience(self.name, "select customer_id from segments.segment_members where segment = ?", (self.name,))


def named_segments(published: PublishedCopy) -> list[NamedSegment]:
    """All segment models, those without members too, named as their yml does."""
    found = published.rows(
        """
        select t.table_name, m.description, cast(m.meta as varchar) as meta
        from information_schema.tables as t
        left join publication.models as m on m.schema_name = t.table_schema and m.table_name = t.table_name
        where t.table_schema = 'segments' and t.table_name <> 'segment_members'
        order by t.table_name
        """
    )
    segments = []
    for row in found:
        meta = json.loads(row["meta"]) if row["meta"] else {}
        name = row["table_name"].removeprefix("segment_")
        plain = name.replace("_", " ")
        segments.append(
            NamedSegment(
                name=name,
                name_zh=meta.get("name_zh") or meta.get("name_en") or plain,
                name_en=meta.get("name_en") or meta.get("name_zh") or plain,
                description=row["description"] or "",
                description_zh=meta.get("description_zh", ""),
            )
        )
    return segments


def segment_figures(published: PublishedCopy, segment: NamedSegment) -> dict[str, Any]:
    """Customers and net revenue of a named segment."""
    return published.record(
        f"""
        select count(*) as customers, coalesce(sum(c.net_revenue), 0) as net_revenue
        from ({segment.audience.sql}) as s
        inner join marts.customers as c on s.customer_id = c.customer_id
        """,
        segment.audience.parameters,
    )
