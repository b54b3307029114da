"""Campaigns read as experiments, from the sums of the marts: as from rows, and over thousands of worlds."""

import duckdb
import numpy as np
import pytest

from intelligence.experiments.aggregation import MetricColumns, UnitColumns, aggregate
from intelligence.experiments.reading import Design, read_experiment
from orchestration.campaign_experiments.reading import Asked, Note
from tests.testing.campaign_experiments import INCREMENTS, MARTS, VALUE_LOG, compiled, readings, write_campaigns
from tests.testing.dbt.compiled_models import CompiledModels

WORLDS = 2_000
AT_THE_END = Asked(sequential=False)
# Where customers of the plan are drawn: as the macros is_held_out and is_drawn do it.
DRAW = "cast('0x' || substr(md5(customer_id || '|' || campaign_id), 1, 15) as bigint) % 10000"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return compiled(tmp_path_factory.mktemp("experiments"))


def write_units(connection: duckdb.DuckDBPyConnection, units: str, is_open: bool = False) -> None:
    """Units of SQL with campaign_id, arm, is_converted, revenue, revenue_before and is_sent."""
    connection.execute(f"""
        create table intermediate.int_campaign_units as
        select
            campaign_id, 'c' || row_number() over () as customer_id, arm, arm = 'holdout' as is_holdout,
            false as is_contaminated, {is_open} as is_open, is_sent, is_sent as is_delivered, is_sent as is_opened,
            false as is_clicked, is_converted, false as is_opted_out, false as is_complaint, 1 as campaign_version,
            0.5::double as planned_share, revenue, revenue_before, cast(revenue_before > 0 as int) as orders_before,
            date '2026-06-01' as assigned_on, date '2026-06-15' as watched_until
        from ({units})
    """)


def many_worlds(models: CompiledModels, uplift: float, seed: float) -> list:
    """Readings of 2,000 campaigns with 1,000 customers in each arm, of whom 10 % convert, and more by the uplift."""
    connection = models.database()
    write_campaigns(connection, f"select 'world_' || range as campaign_id from range({WORLDS})")
    connection.execute("set threads = 1")
    connection.execute(f"select setseed({seed})")
    write_units(
        connection,
        f"""
        select 'world_' || world.range as campaign_id, arm, random() < 0.1 + if(arm = 'a', {uplift}, 0) as is_converted,
            0 as revenue, 0 as revenue_before, arm = 'a' as is_sent
        from range({WORLDS}) as world, range(1000) as customer, (values ('a'), ('holdout')) as arms(arm)
        """,
    )
    models.build(connection, *MARTS)
    found = list(readings(connection, AT_THE_END).values())
    connection.close()
    assert len(found) == WORLDS
    return [next(one for one in each.against_holdout.comparisons if one.metric == "converted") for each in found]


def test_five_in_a_hundred_campaigns_that_do_nothing_show_a_difference(models):
    p_values = [one.plain.p_value for one in many_worlds(models, 0.0, 0.1)]
    assert 0.04 <= np.mean([value < 0.05 for value in p_values]) <= 0.06


def test_a_planted_uplift_of_a_campaign_lies_in_its_interval(models):
    found = many_worlds(models, 0.03, 0.2)
    assert 0.94 <= np.mean([one.plain.low <= 0.03 <= one.plain.high for one in found]) <= 0.96


@pytest.mark.parametrize("seed", range(8))
def test_the_sums_of_the_marts_read_as_the_rows_do(models, seed):
    chance = np.random.default_rng(seed)
    connection = models.database()
    write_campaigns(connection, "select 'recall' as campaign_id")
    connection.execute(f"select setseed({chance.random()})")
    arms, many = int(chance.integers(1, 4)), int(chance.choice([60, 3_000]))
    write_units(
        connection,
        f"""
        select 'recall' as campaign_id, if(draw < 0.3, 'holdout', 'v' || floor(draw * {arms})::int) as arm,
            if({seed} % 4 = 3, null, chance < 0.2) as is_converted,
            if(chance < 0.2, round(before * 100 + chance * 1000, 2), 0) + if(number = 7, {seed % 2 * 900_000}, 0)
            as revenue,
            round(before * 500, 2) as revenue_before, draw >= 0.3 and before < 0.8 as is_sent
        from (select range as number, random() as draw, random() as chance, random() as before from range({many}))
        """,
    )
    models.build(connection, *MARTS)
    found = readings(connection, AT_THE_END)["recall"]
    columns = [
        MetricColumns("converted", "is_converted", True, "orders_before", "orders_before"),
        MetricColumns("revenue", "revenue", False, "revenue_before", "revenue_before"),
    ]
    counts, metrics = aggregate(connection, "intermediate.int_campaign_units", UnitColumns("arm", "is_sent"), columns)
    expected = read_experiment(counts, metrics, Design("holdout"))
    connection.close()
    assert found.against_holdout is not None
    assert {one.metric for one in found.against_holdout.comparisons} == {one.metric for one in expected.comparisons}
    ours = {(one.metric, one.variant): one for one in found.against_holdout.comparisons}
    for one in expected.comparisons:
        other = ours[one.metric, one.variant]
        same(other.plain, one.plain)
        same(other.cuped and other.cuped.difference, one.cuped and one.cuped.difference)
        same(other.capped, one.capped)
        same(other.as_sent, one.as_sent)
        assert near(other.corrected_p_value, one.corrected_p_value)


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize(("many", "share"), [(6, 0.5), (40, 0.3), (80, 0.02), (80, 1.0), (3_000, 0.2)])
def test_the_published_increments_are_those_of_the_reading(models, many, share, is_open):
    connection = models.database()
    write_campaigns(connection, "select 'recall' as campaign_id")
    connection.execute(f"select setseed({share})")
    write_units(
        connection,
        f"""
        select 'recall' as campaign_id, ['holdout', 'a', 'b'][number % 3 + 1] as arm, chance < {share} as is_converted,
            if(chance < {share}, round(chance * 1000, 2), 0) as revenue, 0 as revenue_before, number % 3 > 0 as is_sent
        from (select range as number, random() as chance from range({many}))
        """,
        is_open,
    )
    models.build(connection, *MARTS, INCREMENTS)
    expected = readings(connection, Asked())["recall"].increments
    of_all = connection.execute(
        "select metric, customers, increment, increment_low, increment_high from campaigns.campaign_increments"
        " where variant = '*' order by metric"
    ).fetchall()
    a, b, _ = connection.execute(
        "select increment from campaigns.campaign_increments where metric = 'revenue' order by variant = '*', variant"
    ).fetchall()
    connection.close()
    assert len(of_all) == len(expected) == 2
    # the t distribution is approximated, which shows where a handful of customers are compared
    tolerance = 0.02 if many < 10 else 1e-5
    for one, (metric, customers, *found) in zip(expected, of_all, strict=True):
        assert (metric, customers) == (one.metric, one.customers)
        for value, wanted in zip(found, (one.value, one.low, one.high), strict=True):
            assert value == (None if wanted is None else pytest.approx(wanted, rel=tolerance, abs=1e-6))
    if expected[1].value is not None and None not in (*a, *b):
        assert a[0] + b[0] == pytest.approx(expected[1].value)


def test_the_value_of_messages_is_measured_from_the_published_increment_once_nobody_is_watched(models):
    connection = models.database()
    write_campaigns(connection, "select 'recall' as campaign_id")
    connection.execute("select setseed(0.4)")
    write_units(
        connection,
        """
        select 'recall' as campaign_id, ['holdout', 'a', 'b'][number % 3 + 1] as arm, true as is_converted,
            round(chance * 1000, 2) as revenue, 0 as revenue_before, number % 3 > 0 as is_sent
        from (select range as number, random() as chance from range(3000))
        """,
    )
    connection.execute("""
        create table campaigns.campaign_messages as
        select campaign_id, campaign_version, customer_id, 'sent' as counted_as
        from intermediate.int_campaign_units where is_sent;
        create table marts.customer_value as
        select customer_id, 50::double as value_score from intermediate.int_campaign_units;
    """)
    models.build(connection, *MARTS, INCREMENTS, VALUE_LOG)
    ((measured, increment),) = connection.execute("""
        select (revenue_mean - holdout_revenue_mean) * log.customers, increment
        from intermediate.int_campaign_value_log as log
        inner join campaigns.campaign_increments as brought on log.campaign_id = brought.campaign_id
        where metric = 'revenue' and variant = '*'
    """).fetchall()
    connection.close()
    assert measured == pytest.approx(increment)


def near(found, expected):
    return found == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-9))


def same(found, expected):
    if expected is None:
        assert found is None
        return
    for name in ("control", "variant", "difference", "low", "high", "p_value", "lift_low", "lift_high"):
        assert near(getattr(found, name), getattr(expected, name)), name
    assert (found.state, found.control_units, found.variant_units) == (
        expected.state, expected.control_units, expected.variant_units,
    )  # fmt: skip


def test_an_uplift_planted_behind_a_plan_is_found_and_whoever_was_merged_across_arms_is_left_out(models):
    connection = models.database()
    write_campaigns(connection, "select 'recall' as campaign_id")
    connection.execute(f"""
        select setseed(0.3);
        create table campaigns.campaign_plan as
        select campaign_id, customer_id, 1 as campaign_version, 'once' as occurrence, 'a' as variant,
            true as is_approved, {DRAW} < 2000 as is_holdout,
            nullif(concat_ws(',', if(says_no, 'no_consent', null), if({DRAW} < 2000, 'holdout', null)), '') as reasons
        from (
            select 'recall' as campaign_id, 'c' || range as customer_id, random() < 0.3 as says_no from range(20000)
        );
        create table intermediate.int_campaign_variants as
        select 'recall' as campaign_id, 'a' as variant, 0 as drawn_from, 10000 as drawn_below;
        create table intermediate.int_journey_log as
        select '' as run_id, '' as journey_id, '' as customer_id, '' as cause, 1 as version,
            now()::timestamp as happened_at, current_date as seen_on limit 0;
        create table staging.stg_operations__campaign_steps as
        select 'recall' as campaign_id, 1 as version, 1 as step, 0 as wait_days;
        create table staging.stg_operations__journey_steps as
        select '' as journey_id, 1 as version, 0 as wait_days limit 0;
        create table staging.stg_operations__journeys as
        select '' as journey_id, 1 as version, '' as entry_event limit 0;
    """)
    models.build(connection, "int_campaign_assignments", as_of="2026-06-01")
    connection.execute("""
        create table marts.customer_id_redirects as
        select 'c' || range * 2 as retired_customer_id, 'c' || range * 2 + 1 as customer_id from range(100);
        -- of those who got the message 15 % buy, of others, held out or not allowed to be written to, 10 %
        create table intermediate.int_campaign_goals as
        select 'purchase' as goal, customer_id, 'o' || customer_id as event_id, 100.0 as net_amount,
            timestamp '2026-06-05 09:00:00' as occurred_at
        from campaigns.campaign_plan where random() < if(reasons is null, 0.15, 0.10);
        create table campaigns.campaign_messages as
        select campaign_id, campaign_version, customer_id, 'sent' as counted_as, true as is_delivered,
            false as is_opened, false as is_clicked
        from campaigns.campaign_plan where reasons is null;
        create table intermediate.int_deliveries as select '' as delivery_id, '' as customer_id limit 0;
        create table intermediate.int_delivery_events as
        select '' as delivery_id, '' as event, now()::timestamp as occurred_at limit 0;
    """)
    models.build(connection, "int_campaign_units", *MARTS, as_of="2026-06-30")
    found = readings(connection, Asked())["recall"]
    (across,) = connection.execute("""
        select count(*) from marts.customer_id_redirects as redirects
        inner join intermediate.int_campaign_assignments as one on redirects.customer_id = one.customer_id
        inner join intermediate.int_campaign_assignments as other on redirects.retired_customer_id = other.customer_id
        where one.arm <> other.arm
    """).fetchone()
    connection.close()
    assert found.arms[0].contaminated_customers == across > 0
    assert Note.STILL_WATCHED not in found.notes
    assert 13_000 < sum(arm.customers for arm in found.arms) < 15_000  # who may not be written to is in no arm
    assert found.against_holdout is not None
    assert found.against_holdout.alarms == []
    converted = found.against_holdout.comparisons[0]
    assert converted.is_shown
    assert converted.plain.low < 0.05 < converted.plain.high
    revenue = found.increments[1]
    assert revenue.low < 0.05 * 100 * revenue.customers < revenue.high


def test_a_goal_without_data_is_no_goal_that_nobody_reached(models):
    connection = models.database()
    write_campaigns(connection, "select 'cart' as campaign_id")
    connection.execute("update intermediate.int_campaign_goal_data set has_data = false")
    write_units(
        connection,
        "select 'cart' as campaign_id, arm, null::boolean as is_converted, 5 as revenue, 0 as revenue_before,"
        " true as is_sent from range(50), (values ('a'), ('holdout')) as arms(arm)",
    )
    models.build(connection, *MARTS)
    found = readings(connection, Asked())["cart"]
    connection.close()
    assert Note.GOAL_WITHOUT_DATA in found.notes
    assert found.sums["converted"]["a"].mean is None
    assert [one.metric for one in found.against_holdout.comparisons] == ["revenue"]


def test_two_variants_without_a_hold_out_are_compared_among_themselves(models):
    connection = models.database()
    write_campaigns(connection, "select 'two' as campaign_id")
    write_units(
        connection,
        "select 'two' as campaign_id, arm, range % 10 < if(arm = 'a', 2, 4) as is_converted, 5 as revenue,"
        " 0 as revenue_before, true as is_sent from range(500), (values ('a'), ('b')) as arms(arm)",
    )
    models.build(connection, *MARTS)
    found = readings(connection, Asked())["two"]
    connection.close()
    assert Note.NO_HOLDOUT in found.notes
    assert found.against_holdout is None
    assert found.increments == []
    assert [one.metric for one in found.among_variants.comparisons if one.is_shown] == ["converted"]
