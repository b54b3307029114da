"""What a back-test keeps of each day it builds: every customer of the day, and what they did in the days after it.

The tables stand in a file of their own in the back-test's place: `customer_days` (a customer on a day), and after the
last day `afterwards` (what a customer did in the days after one) and `known_until`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.backtest.place import PlaceSettings
from stores.duckdb_connection import identifier, literal, open_duckdb


@dataclass(frozen=True)
class CustomerDays:
    """The file of a back-test's place in which the days are kept.

    Attributes:
        place: the place.
    """

    place: PlaceSettings

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.place.folder / "customer_days.duckdb"

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file, with the warehouse that was built last attached as `warehouse`."""
        with open_duckdb(self.place, self.path) as connection:
            # by the name that its views call it
            connection.execute(f"attach {literal(self.place.warehouse_path)} as warehouse (read_only)")
            yield connection

    def begin(self) -> None:
        """Make the file."""
        with open_duckdb(self.place, self.path) as connection:
            connection.execute(CUSTOMER_DAYS)

    def keep_day(self, day: date, segment: str) -> int:
        """Keep the customers of the day that was just built.

        Args:
            day: the day.
            segment: name of the segment's model.

        Returns:
            How many of them are members, whether or not they are compared.
        """
        with self.opened() as connection:
            connection.execute(_DAY.format(segment=identifier(segment)), {"day": day})
            counted = "select count(*) from customer_days where day = ? and is_member"
            return int(connection.execute(counted, [day]).fetchall()[0][0])

    def keep_afterwards(self, days: list[date], after_days: int, today: date) -> date | None:
        """Keep what customers did in the days after each day, once the warehouse is built as of today.

        Args:
            days: the days of the back-test.
            after_days: length of the window after each of them.
            today: the day until which everything is known.

        Returns:
            The day until which something is known of what customers did: the last of these windows that count. None
            where nothing is known.
        """
        with self.opened() as connection:
            newest = connection.execute(
                "select max(activity_day) from warehouse.marts.customer_daily_activity where activity_day <= ?", [today]
            ).fetchall()[0][0]
            connection.execute(_LEFT_SINCE)
            connection.execute(ACTS)
            connection.execute(_ACTS)
            connection.execute("create table asked_days as select unnest(cast(? as date[])) as day", [days])
            connection.execute("create table bands as select measure, lower from warehouse.seeds.backtest_bands")
            known_until: date | None = newest
            summarise(connection, after_days, known_until)
            return known_until


def summarise(connection: duckdb.DuckDBPyConnection, after_days: int, known_until: date | None) -> None:
    """Make the table `afterwards` of `acts`: what each customer did in the window after each day that is known.

    Interactions and opt-outs are null where no channel ever told of one: nobody knows whether there were any.

    Args:
        connection: with the tables `customer_days`, `acts` and `asked_days`.
        after_days: length of the window.
        known_until: the last day of which something is known; a window that ends after it says nothing.
    """
    connection.execute(_AFTERWARDS, {"after_days": after_days, "known_until": known_until})


CUSTOMER_DAYS = """
    create table customer_days (
        day date, customer_id varchar, is_member boolean, left_out_reason varchar, has_bought boolean, recency_days int,
        purchases bigint, net_revenue double, tenure_days int, interactions_30d bigint
    )
"""

# Whoever is a member without being a customer is counted too: a model of one's own may say anything.
_DAY = """
    insert into customer_days
    with members as (
        select distinct customer_id from warehouse.segments.{segment} where customer_id is not null
    ),
    not_profiled as (
        select customer_id, min(reason) as reason
        from warehouse.intermediate.int_customers_not_profiled
        group by customer_id
    )
    select
        cast($day as date) as day,
        coalesce(totals.customer_id, members.customer_id) as customer_id,
        members.customer_id is not null as is_member,
        case
            when not_profiled.customer_id is not null then not_profiled.reason
            when totals.first_seen_at is null then 'not_seen_yet'
        end as left_out_reason,
        coalesce(totals.orders_count, 0) > 0 as has_bought,
        date_diff('day', cast(totals.last_purchase_at as date), cast($day as date)) as recency_days,
        totals.orders_count as purchases,
        cast(totals.net_revenue as double) as net_revenue,
        date_diff('day', cast(totals.first_seen_at as date), cast($day as date)) as tenure_days,
        totals.interactions_30d
    from warehouse.intermediate.int_customer_totals as totals
    full join members on totals.customer_id = members.customer_id
    left join not_profiled on coalesce(totals.customer_id, members.customer_id) = not_profiled.customer_id
"""

# Who refused profiling since is left out of earlier days too.
_LEFT_SINCE = """
    update customer_days set left_out_reason = 'opted_out'
    where left_out_reason is null and customer_id in (
        select customer_id from warehouse.intermediate.int_customers_not_profiled where reason = 'opted_out'
    )
"""

ACTS = """
    create table acts (
        customer_id varchar, day date, purchases int, net_revenue double, interactions bigint, opt_outs int,
        messages int
    )
"""

# Refunds count on their day, as in every figure of net revenue. A message is sent to somebody: no act of theirs.
_ACTS = """
    insert into acts
    select customer_id, activity_day, sum(purchases), sum(net_revenue), sum(interactions), 0, 0
    from warehouse.marts.customer_daily_activity
    group by customer_id, activity_day
    union all
    select consents.customer_id, cast(consents.answered_at as date), 0, 0, 0, 1, 0
    from warehouse.marts.customer_consents as consents
    inner join warehouse.seeds.consent_purposes as purposes on consents.purpose = purposes.purpose
    where consents.reason = 'refused' and purposes.is_for_messages and consents.answered_at is not null
    union all
    select people.customer_id, interactions.interaction_day, 0, 0, 0, 1, 0
    from warehouse.intermediate.int_interactions as interactions
    inner join warehouse.identity.customer_map as people on interactions.source_profile_id = people.source_profile_id
    where interactions.kind = 'message_unsubscribed'
    union all
    select customer_id, cast(accepted_at as date), 0, 0, 0, 0, 1
    from warehouse.intermediate.int_deliveries
    where is_sent and accepted_at is not null
"""

_AFTERWARDS = """
    create table afterwards as
    with known_days as (
        select day, day + cast($after_days as int) as until_day
        from asked_days
        where day + cast($after_days as int) <= cast($known_until as date)
    ),
    summed as (
        select
            known_days.day,
            acts.customer_id,
            sum(acts.purchases) as purchases,
            sum(acts.net_revenue) as net_revenue,
            sum(acts.interactions) as interactions,
            sum(acts.opt_outs) as opt_outs,
            sum(acts.messages) as messages
        from known_days
        inner join acts on acts.day > known_days.day and acts.day <= known_days.until_day
        group by known_days.day, acts.customer_id
    ),
    told as (
        select
            count(*) filter (where interactions > 0) > 0 as interactions,
            count(*) filter (where opt_outs > 0) > 0 as opt_outs
        from acts
    )
    select
        customer_days.day,
        customer_days.customer_id,
        coalesce(summed.purchases > 0, false)::int as bought_after,
        coalesce(summed.purchases, 0) as purchases_after,
        coalesce(summed.net_revenue, 0) as net_revenue_after,
        case when told.interactions then coalesce(summed.interactions, 0) end as interactions_after,
        case when told.opt_outs then coalesce(summed.opt_outs > 0, false)::int end as opted_out_after,
        coalesce(summed.messages > 0, false)::int as got_message_after
    from customer_days
    inner join known_days on customer_days.day = known_days.day
    cross join told
    left join summed on customer_days.day = summed.day and customer_days.customer_id = summed.customer_id
    where customer_days.left_out_reason is null
"""
