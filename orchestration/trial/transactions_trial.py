"""RFM, tags and lifetime value of a list of purchases, with the pipeline's own models in a home that is thrown away."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from ingestion.channels.transactions.contract import CHANNEL
from intelligence.lifetime import forecast as lifetime
from intelligence.lifetime.purchase_summary import Purchases, summarise
from orchestration.trial.held_orders import Held, held_orders
from orchestration.trial.transactions_file import TransactionsFile
from orchestration.trial.trial_home import Rejected, build, prepare_builds, read_in, write_csv
from stores.counted import counted as counted_words
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.settings import Settings

log = logging.getLogger(__name__)

_EPOCH = date(1970, 1, 1)
_READ_AS = (
    "days are read as 2024-02-19, 2024/02/19 10:30, 20240219 or 19/02/2024, amounts as 1234.50 or 1234,50 without a "
    "currency sign. Correct the file or the mapping; how days are written says --date-format, such as %d-%b-%Y."
)


@dataclass(frozen=True)
class Counted:
    """What a list of purchases holds up to the as-of day.

    Attributes:
        customers: who bought.
        orders: purchases.
        without_purchase: customers who are in the list by then and never paid anything.
        nobodys: orders of which nobody knows the customer.
        held: orders that do not count, such as those dated in a year that cannot be; not those after the as-of day.
        later: orders after the as-of day, which are left out.
        rejected: rows that were not read, with line and reason.
    """

    customers: int
    orders: int
    without_purchase: int
    nobodys: int
    held: list[Held]
    later: int
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True)
class TagsTrial:
    """What came out of a trial of tags.

    Attributes:
        counted: what the list holds.
        rules: tags of the catalogue.
        held: tags that somebody has; the others need what a list of purchases does not tell, or hold for nobody.
        rows: tags of all customers together.
        customers: who has one.
    """

    counted: Counted
    rules: int
    held: int
    rows: int
    customers: int


@dataclass(frozen=True)
class LifetimeTrial:
    """What came out of a trial of lifetime value: what the list holds, how the model did, who is expected to buy."""

    counted: Counted
    report: lifetime.Report
    expected_purchases: float
    expected_spend: float


def try_rfm(settings: Settings, transactions: TransactionsFile, as_of: date, window_days: int, out: Path) -> Counted:
    """Score the customers of a list by recency, frequency and monetary value.

    Args:
        settings: of an empty home.
        transactions: the list.
        as_of: the day whose end is described.
        window_days: how many days before it count; 0: all.
        out: CSV to write: a row for each customer who is in the list by then, the scores of who bought in the window.

    Raises:
        UserError: nothing could be read, nobody bought by then, or the output cannot be written.
    """
    variables = build_variables(window_days)
    rejected = _read_in(settings, transactions, variables)
    log.info("RFM: orders, customers and their scores")
    build(settings, variables, ["--select", "+customer_rfm"], as_of)
    with open_duckdb(settings, settings.warehouse_path) as connection:
        counted = _counted(connection, as_of, rejected)
        write_csv(connection, _RFM, out, [as_of])
    return counted


def try_tags(settings: Settings, transactions: TransactionsFile, as_of: date, out: Path) -> TagsTrial:
    """Tag the customers of a list by the rules of the catalogue.

    Args:
        settings: of an empty home.
        transactions: the list.
        as_of: the day whose end is described.
        out: CSV to write: a row for each tag of each customer who is in the list by then.

    Raises:
        UserError: nothing could be read, nobody bought by then, or the output cannot be written.
    """
    variables = build_variables()
    rejected = _read_in(settings, transactions, variables)
    log.info("Tags: orders, customers and the metrics that rules read")
    build(settings, variables, ["--select", "+int_customer_tags"], as_of)
    with open_duckdb(settings, settings.warehouse_path) as connection:
        counted = _counted(connection, as_of, rejected)
        write_csv(connection, _TAGS, out, [as_of])
        rules, held, tags, tagged = connection.execute(_TAGS_COUNTED, [as_of]).fetchall()[0]
    return TagsTrial(counted, int(rules), int(held), int(tags), int(tagged))


def try_lifetime(
    settings: Settings, transactions: TransactionsFile, as_of: date, horizon_days: int, out: Path
) -> LifetimeTrial:
    """Forecast what the customers of a list will buy.

    Args:
        settings: of an empty home.
        transactions: the list.
        as_of: the last day that is known; what comes later in the list is left out.
        horizon_days: days of the forecast.
        out: CSV to write, a row for each customer who bought by then.

    Raises:
        UserError: nothing could be read, nobody bought by then, or the output cannot be written.
    """
    variables = build_variables()
    rejected = _read_in(settings, transactions, variables)
    log.info("Lifetime value: orders and the days on which customers bought")
    build(settings, variables, ["--select", "+int_customer_purchase_days"], as_of)
    with open_duckdb(settings, settings.warehouse_path) as connection:
        counted = _counted(connection, as_of, rejected)
        days = connection.execute(_PURCHASE_DAYS).fetchnumpy()
        ids, customer = np.unique(days["customer_id"].astype(str), return_inverse=True)
        purchases = Purchases(customer, days["day"].astype(np.int64), days["amount"].astype(float), len(ids))
        today = (as_of - _EPOCH).days
        log.info("Lifetime value: fitting, and judging on the days before %s", as_of)
        report = lifetime.judge_model(purchases, today, horizon_days)
        fitted = lifetime.fit(purchases, today, horizon_days, report.is_seasonal)
        expected = lifetime.forecast(fitted, summarise(purchases, today), horizon_days, report)
        forecast = {
            "customer_id": ids[expected.summary.customer],
            "pred_transactions": expected.purchases,
            "pred_spend": expected.spend,
            "p_alive": expected.alive,
            "churn_score": expected.stays_away,
        }
        connection.register("forecast", forecast)
        write_csv(connection, _FORECAST, out, [as_of])
    return LifetimeTrial(counted, report, float(expected.purchases.sum()), float(expected.spend.sum()))


def build_variables(window_days: int = 0) -> dict[str, object]:
    """The dbt vars of a trial: the same of all trials, for dbt reads its project again for other values of them.

    Args:
        window_days: how many days before the as-of day count for scores; 0: all.
    """
    return {"channels": [CHANNEL.name], "rfm_window_days": window_days}


def _read_in(settings: Settings, transactions: TransactionsFile, variables: dict[str, object]) -> list[Rejected]:
    prepare_builds(settings, variables)
    there = ", ".join(f"{column} {value}" for column, value in transactions.examples.items())
    advice = f"The file has {there}; {_READ_AS}" if there else "Correct the file or the mapping."
    return read_in(settings, transactions.file, transactions.header, advice)


def _counted(connection: duckdb.DuckDBPyConnection, as_of: date, rejected: list[Rejected]) -> Counted:
    row = connection.execute(
        """
        select
            count(distinct case when is_purchase then source_profile_id end),
            count(distinct case when is_known then source_profile_id end),
            count(case when is_purchase and source_profile_id is not null then 1 end),
            count(case when is_known and source_profile_id is null then 1 end),
            count(case when not is_known then 1 end),
            count(case when is_known and not is_purchase and is_somebodys and held_reason is null then 1 end)
        from (
            select
                *,
                cast(ordered_at as date) <= $as_of as is_known,
                source_profile_id is not null as is_somebodys,
                is_known and is_paid and coalesce(cast(returned_at as date) > $as_of, true) as is_purchase
            from intermediate.int_orders
        ) as orders
        """,
        {"as_of": as_of},
    ).fetchone()
    assert row is not None
    held = held_orders(connection, as_of)
    customers, everybody, orders, nobodys, later, not_kept = map(int, row)
    counted = Counted(customers, orders, everybody - customers, nobodys, held, later, rejected)
    if not counted.customers:
        without = (
            (later, "after it"),
            (not_kept, "of which nothing was kept or paid"),
            (nobodys, "without a customer"),
        )
        found = [f"{counted_words(number, 'order')} {words}" for number, words in without if number]
        rest = "".join(f"; {words}" for words in [*found, *(one.told for one in held)])
        doubt = " Is --as-of right?" if later or not rest else ""
        raise UserError(f"Nobody in the list bought anything until {as_of}{rest}.{doubt}")
    return counted


# Whoever is in the list by the as-of day; scores are of those who bought in the window.
_RFM = """
    select
        substr(profiles.source_profile_id, strpos(profiles.source_profile_id, ':') + 1) as customer_id,
        rfm.recency_days,
        coalesce(rfm.frequency, 0) as frequency,
        coalesce(rfm.monetary, totals.window_revenue, 0) as monetary,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.segment_11 as segment,
        rfm.segment_8,
        rfm.segment_8_zh
    from intermediate.int_customer_profiles as profiles
    left join intermediate.int_customer_totals as totals on profiles.customer_id = totals.customer_id
    left join marts.customer_rfm as rfm on profiles.customer_id = rfm.customer_id
    where profiles.is_profile and cast(profiles.registered_at as date) <= ?
    order by customer_id
"""

_TAGS = """
    select
        substr(profiles.source_profile_id, strpos(profiles.source_profile_id, ':') + 1) as customer_id,
        tags.tag,
        coalesce(tags.value, '') as value
    from intermediate.int_customer_profiles as profiles
    inner join intermediate.int_customer_tags as tags on profiles.customer_id = tags.customer_id
    where profiles.is_profile and cast(profiles.registered_at as date) <= ?
    order by all
"""

_TAGS_COUNTED = f"""
    select (select count(distinct tag) from seeds.tag_rules), count(distinct tag), count(*), count(distinct customer_id)
    from ({_TAGS})
"""

_PURCHASE_DAYS = """
    select
        substr(profiles.source_profile_id, strpos(profiles.source_profile_id, ':') + 1) as customer_id,
        date_diff('day', date '1970-01-01', days.purchase_day) as day,
        days.net_amount as amount
    from intermediate.int_customer_purchase_days as days
    inner join intermediate.int_customer_profiles as profiles on days.customer_id = profiles.customer_id
    where profiles.is_profile
    order by customer_id, day
"""

# Who never paid anything has no forecast: nothing is known of how they buy.
_FORECAST = """
    select
        profiles.customer_id,
        round(forecast.pred_transactions, 6) as pred_transactions,
        round(forecast.pred_spend, 4) as pred_spend,
        case when not isnan(forecast.p_alive) then round(forecast.p_alive, 6) end as p_alive,
        case when not isnan(forecast.churn_score) then round(forecast.churn_score, 6) end as churn_score
    from (
        select substr(source_profile_id, strpos(source_profile_id, ':') + 1) as customer_id
        from intermediate.int_customer_profiles
        where is_profile and cast(registered_at as date) <= ?
    ) as profiles
    left join forecast on profiles.customer_id = forecast.customer_id
    order by profiles.customer_id
"""
