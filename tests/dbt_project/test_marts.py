"""What the marts promise beyond single rules: an independent answer is met, and the past can be built again."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.testing.data_sets import DATA, RFM_REFERENCE, needs_data_sets
from tests.testing.dbt.compiled_models import CompiledModels

CDNOW = DATA / "cdnow" / "CDNOW_sample.txt"
ACTIVITY = ("int_profile_orders", "int_profile_interactions", "int_customer_profiles", "int_customer_totals")
STAGES = (*ACTIVITY, "int_customer_stage_periods", "customer_lifecycle_history", "customer_lifecycle")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("marts"), {"rfm_window_days": 0})


def _world(connection: duckdb.DuckDBPyConnection, orders: str, interactions: str) -> None:
    """Tables of the models below the marts, from two queries: (customer, order_id, amount, moment), (customer, day)."""
    connection.execute(f"""
        create table intermediate.int_orders as
        select
            'shop:' || order_id as order_id, 'shop:' || customer as source_profile_id, 'shop' as channel,
            'completed' as status, true as is_paid, amount as gross_amount, 0::decimal(18, 2) as refund_amount,
            amount as net_amount, moment as ordered_at, moment as paid_at, null::timestamp as refunded_at,
            null::timestamp as returned_at, null::varchar as held_reason
        from ({orders});
        create table intermediate.int_interactions_daily as
        select
            'shop:' || customer as source_profile_id, 'app' as channel, count(*) as interactions,
            min(day)::timestamp as first_occurred_at, max(day)::timestamp as last_occurred_at, day as interaction_day
        from ({interactions}) group by all;
        create table intermediate.int_profiles as
        select source_profile_id, 'shop' as channel, min(moment) as registered_at, min(moment) as updated_at,
            false as is_test
        from (
            select source_profile_id, ordered_at as moment from intermediate.int_orders
            union all
            select source_profile_id, first_occurred_at from intermediate.int_interactions_daily
        ) group by all;
        create table identity.customer_map as
        select source_profile_id, source_profile_id as customer_id from intermediate.int_profiles;
    """)


@needs_data_sets
def test_rfm_of_real_purchases_equals_the_independent_reference(models: CompiledModels, tmp_path: Path) -> None:
    lines = [line.split() for line in CDNOW.read_text(encoding="utf-8").splitlines() if line.strip()]
    table = tmp_path / "purchases.csv"
    table.write_text("\n".join(",".join(parts) for parts in lines), encoding="utf-8")
    purchases = f"""
        select column0 as customer, row_number() over () as order_id, column4::decimal(18, 2) as amount,
            strptime(column2, '%Y%m%d') as moment
        from read_csv('{table}', header = false, all_varchar = true)
    """
    with models.database() as connection:
        _world(connection, purchases, "select null::varchar as customer, null::date as day where false")
        models.build(connection, *ACTIVITY, "customer_rfm", as_of="1998-07-01")
        connection.execute(f"""
            copy (from intermediate.int_orders) to '{tmp_path / "orders.parquet"}';
            copy (from marts.customer_rfm) to '{tmp_path / "rfm.csv"}' (header);
        """)
    done = subprocess.run(
        [
            sys.executable, str(RFM_REFERENCE), str(tmp_path / "orders.parquet"), "--customer", "source_profile_id",
            "--order", "order_id", "--date", "ordered_at", "--amount", "net_amount", "--as-of", "1998-07-01",
            "--compare", str(tmp_path / "rfm.csv"), "--p-r", "r_score", "--p-f", "f_score", "--p-m", "m_score",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)["compare"]
    assert answer["missing_customers"] == answer["extra_customers"] == answer["duplicate_customers"] == 0
    for measure in ("recency", "frequency", "monetary"):
        assert answer[measure]["differ"] == 0
    for score in ("r_score", "f_score", "m_score"):
        assert answer[score]["outside"] == 0
        assert answer[score]["same_value_different_score"] == 0


def _unsteady_world(connection: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Purchases, some paid late and some taken back, and visits, at random over two and a half years."""
    orders = f"""
        select c as customer, c * 100 + i as order_id, 10::decimal(18, 2) as amount,
            timestamp '2024-01-01' + to_hours((hash(c * 1000 + i) % 21000)::int) as moment
        from range({customers}) as customers (c), range(4) as orders (i) where i < c % 5
    """
    interactions = f"""
        select c as customer, date '2024-06-01' + (hash(c * 7919 + i) % 750)::int as day
        from range({customers}) as customers (c), range(8) as visits (i) where i < c % 9
    """
    _world(connection, orders, interactions)
    connection.execute("""
        update intermediate.int_orders set paid_at = ordered_at + to_days((hash(order_id) % 40)::int)
        where hash(order_id, 'late') % 5 = 0;
        update intermediate.int_orders set returned_at = paid_at + to_days((hash(order_id, 'back') % 200)::int)
        where hash(order_id, 'returned') % 4 = 0;
    """)


# The rules as the business says them, looked at for each customer on each day apart.
STAGE_BY_DAY = """
    with facts as (
        select
            p.customer_id, d.day, min(p.registered_at)::date as registered,
            (select min(bought) from kept where who = p.customer_id and d.day >= since and d.day < until) as first_buy,
            (select max(bought) from kept where who = p.customer_id and d.day >= since and d.day < until) as last_buy,
            (select max(visited) from visits where who = p.customer_id and visited <= d.day) as last_visited,
            (select count(*) from visits where who = p.customer_id and d.day - visited between 0 and 29) as visits
        from intermediate.int_customer_profiles as p, days as d
        group by all
    )
    select customer_id, day, case
        when registered > day then null
        when day - first_buy < 90 or day - registered < 90 then 'new'
        when last_buy is null then 'prospect'
        when day - greatest(last_buy, last_visited) >= 365 then 'churned'
        when day - greatest(last_buy, last_visited) >= 90 then 'dormant'
        when visits >= 2 and day - last_buy < 180 then 'active'
        else 'regular' end as stage
    from facts
"""


def test_on_every_single_day_the_history_tells_the_stage_that_the_rules_give(models: CompiledModels) -> None:
    with models.database() as connection:
        _unsteady_world(connection, customers=60)
        models.build(connection, *STAGES)
        connection.execute("""
            create temp table days as select range::date as day
                from range(date '2023-12-01', date '2026-07-01', interval 1 day);
            create temp table kept as select source_profile_id as who, ordered_at::date as bought,
                greatest(ordered_at, paid_at)::date as since, coalesce(returned_at::date, date '9999-12-31') as until
                from intermediate.int_orders;
            create temp table visits as select source_profile_id as who, interaction_day as visited
                from intermediate.int_interactions_daily;
        """)
        different = connection.execute(f"""
            select rules.customer_id, rules.day, rules.stage, told.stage
            from ({STAGE_BY_DAY}) as rules
            left join marts.customer_lifecycle_history as told
                on rules.customer_id = told.customer_id and rules.day >= told.valid_from
                and rules.day < coalesce(told.valid_to, date '9999-12-31')
            where rules.stage is distinct from told.stage
        """).fetchall()
        assert different[:5] == []
        stages = connection.execute("select count(distinct stage) from marts.customer_lifecycle_history").fetchone()
        assert stages == (6,), "a world in which not every stage occurs proves little"


def test_a_past_day_built_again_has_the_stages_that_the_history_tells(models: CompiledModels) -> None:
    with models.database() as connection:
        _unsteady_world(connection, customers=400)
        models.build(connection, *STAGES)
        connection.execute("create table told as from marts.customer_lifecycle_history")
        seen = set()
        for day in ("2025-06-30", "2025-12-17", "2026-02-28", "2026-05-31"):
            models.build(connection, *STAGES, as_of=day)
            different = connection.execute(f"""
                with told_on_the_day as (
                    select customer_id, stage from told
                    where valid_from <= date '{day}' and coalesce(valid_to, date '9999-12-31') > date '{day}'
                )
                select count(*) from told_on_the_day
                full join marts.customer_lifecycle as built using (customer_id)
                where told_on_the_day.stage is distinct from built.stage
            """).fetchone()
            assert different == (0,), day
            seen |= set(connection.execute("select distinct stage from marts.customer_lifecycle").fetchall())
    assert len(seen) == 6, "a world in which not every stage occurs proves little"


NOTHING = """
    select null::varchar as customer, null::varchar as order_id, null::decimal(18, 2) as amount,
        null::timestamp as moment
"""
EQUAL = """
    select c as customer, c as order_id, 10::decimal(18, 2) as amount, timestamp '2026-06-01' as moment
    from range(50) as customers (c)
"""
HALF = (
    EQUAL
    + """
    union all
    select 0, 1000 + i, 10::decimal(18, 2), timestamp '2026-06-01' from range(50) as orders (i)
"""
)


@pytest.mark.parametrize(
    ("orders", "buyers", "largest"), [(f"{NOTHING} where false", 0, None), (EQUAL, 50, 1), (HALF, 50, 51)],
    ids=["no_orders_at_all", "everybody_equal", "one_customer_has_half_of_all_rows"],
)  # fmt: skip
def test_degenerate_data_give_every_customer_one_stage_and_equal_values_equal_scores(
    models: CompiledModels, orders: str, buyers: int, largest: int | None
) -> None:
    visits = "select c as customer, date '2026-06-10' as day from range(60) as customers (c)"
    with models.database() as connection:
        _world(connection, orders, visits)
        connection.execute("""
            create table intermediate.int_response_times as
            select null::varchar as customer_id, null::double as response_speed_hours where false
        """)
        models.build(connection, *STAGES, "customer_rfm")
        models.build(connection, "customer_value", "monthly_repurchase")
        scored = connection.execute("select count(*), max(frequency) from marts.customer_rfm")
        assert scored.fetchone() == (buyers, largest)
        stages = connection.execute("select count(*), count(distinct customer_id) from marts.customer_lifecycle")
        assert stages.fetchone() == (60, 60)
        odd = connection.execute("""
            select monetary from marts.customer_rfm group by monetary
            having min(m_score) <> max(m_score) or min(m_score) < 1 or max(m_score) > 5
        """).fetchall()
        assert odd == []
        classes = connection.execute("select count(*), count(abc_class), count(value_tier) from marts.customer_value")
        assert classes.fetchone() == (60, 60, 60)
        months = connection.execute("select buyers from marts.monthly_repurchase").fetchall()
        assert months == ([(buyers,)] if buyers else [])
