"""Matching on strata: differences that a hand counts, weights that add up, intervals that hold the truth."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from orchestration.backtest import comparison, matching
from orchestration.backtest.comparison import Balance, Counts, Estimate
from orchestration.backtest.customer_days import ACTS, CUSTOMER_DAYS, summarise
from stores.duckdb_connection import open_scratch

DAY, LATER, NEWEST = date(2026, 3, 1), date(2026, 6, 15), date(2026, 6, 30)


@pytest.fixture
def world():
    with open_scratch(threads=1) as connection:
        connection.execute(CUSTOMER_DAYS)
        connection.execute(ACTS)
        connection.execute("create table asked_days (day date)")
        connection.execute("insert into asked_days values (?), (?)", [DAY, LATER])
        connection.execute(
            "create table bands as select * from (values ('purchases', 0), ('purchases', 2), ('purchases', 3),"
            " ('recency_days', 0), ('recency_days', 31), ('tenure_days', 0), ('spend_percent', 0),"
            " ('spend_percent', 50)) as bands (measure, lower)"
        )
        yield connection


def known(connection, prefix: str, number: int, is_member: bool, purchases: int = 1, day: date = DAY, **more: object):
    """Customers of a day who are alike."""
    row = {"left_out_reason": None, "recency_days": 40, "net_revenue": 10.0, "tenure_days": 100} | more
    connection.execute(
        "insert into customer_days select ?, ? || n, ?, ?, ? > 0, ?, ?, ?, ?, 0 from range(1, ? + 1) as r (n)",
        [
            day, prefix, is_member, row["left_out_reason"], purchases, row["recency_days"], purchases,
            row["net_revenue"], row["tenure_days"], number,
        ],
    )  # fmt: skip


def bought(connection, prefix: str, number: int, times: int = 1, on: date = date(2026, 3, 20)):
    """The first of them bought for 20 each time."""
    connection.execute(
        "insert into acts select ? || n, ?, ?, 20 * ?, 0, 0, 0 from range(1, ? + 1) as r (n)",
        [prefix, on, times, times, number],
    )


def compared(connection, measures: Sequence[str] = ("purchases",)) -> dict[str, Estimate]:
    summarise(connection, 30, NEWEST)
    matching.match(connection, measures)
    return {one.outcome.name: one for one in comparison.estimates(connection)}


def test_the_group_has_the_mix_of_the_members(world):
    known(world, "a", 30, True, purchases=1)
    known(world, "b", 40, False, purchases=1)
    known(world, "c", 10, True, purchases=2)
    known(world, "d", 5, False, purchases=2)
    known(world, "lonely", 2, True, purchases=3)
    bought(world, "a", 12)
    bought(world, "b", 10)
    bought(world, "c", 10, times=2)
    bought(world, "d", 1)
    found = compared(world)
    assert found["bought"].members == pytest.approx(22 / 40)
    assert found["bought"].group == pytest.approx((30 * 10 / 40 + 10 * 1 / 5) / 40)
    assert found["purchases"].difference == pytest.approx(32 / 40 - 9.5 / 40)
    assert found["net_revenue"].difference == pytest.approx(20 * (32 / 40 - 9.5 / 40))
    assert comparison.counts(world) == Counts(42, 40, 40, 45), "two members have no comparable other"


def test_the_interval_is_that_of_the_influences_summed_by_customer(world):
    known(world, "a", 30, True)
    known(world, "b", 40, False)
    bought(world, "a", 12)
    bought(world, "b", 10)
    found = compared(world)["bought"]
    members = 30 * 0.4 * 0.6 / 30**2
    others = 40 * 0.25 * 0.75 / 40**2 * 40 / 39
    low, high = found.interval
    assert (high - low) / (2 * 1.959963984540054) == pytest.approx(np.sqrt((members + others) * 70 / 69))
    assert (low + high) / 2 == pytest.approx(found.difference)


def test_who_is_there_on_many_days_counts_once_in_the_interval(world):
    known(world, "a", 30, True)
    known(world, "b", 40, False)
    bought(world, "a", 12)
    bought(world, "b", 10)
    once = compared(world)["bought"]
    world.execute("drop table afterwards")
    world.execute("insert into asked_days values (?)", [date(2026, 3, 2)])
    known(world, "a", 30, True, day=date(2026, 3, 2))
    known(world, "b", 40, False, day=date(2026, 3, 2))
    twice = compared(world)["bought"]
    assert twice.difference == pytest.approx(once.difference)
    assert twice.standard_error == pytest.approx(once.standard_error), "the same people, not twice as many"


def test_a_window_that_has_not_passed_is_in_no_mean_and_is_no_zero(world):
    for day in (DAY, LATER):
        known(world, "a", 30, True, day=day)
        known(world, "b", 30, False, day=day)
    bought(world, "a", 30)
    bought(world, "a", 15, on=date(2026, 6, 20))
    assert compared(world)["bought"].members == 1.0
    assert world.execute("select distinct day from compared").fetchall() == [(DAY,)]


def test_the_window_begins_after_the_day_and_ends_with_its_last(world):
    known(world, "a", 25, True)
    known(world, "b", 25, False)
    bought(world, "a", 25, on=DAY)
    bought(world, "a", 10, on=date(2026, 3, 31))
    bought(world, "a", 20, on=date(2026, 4, 1))
    assert compared(world)["purchases"].members == pytest.approx(10 / 25)


def test_who_is_left_out_is_on_neither_side(world):
    known(world, "a", 25, True)
    known(world, "b", 25, False)
    known(world, "minor", 5, True, left_out_reason="minor")
    known(world, "refused", 5, False, left_out_reason="opted_out")
    bought(world, "minor", 5)
    bought(world, "refused", 5)
    found = compared(world)
    assert (found["bought"].members, found["bought"].group) == (0, 0)
    assert comparison.counts(world).member_days == 25


def test_what_no_channel_ever_told_is_unknown_and_no_zero(world):
    known(world, "a", 25, True)
    known(world, "b", 25, False)
    bought(world, "a", 5)
    assert compared(world)["interactions"].members is None
    world.execute("drop table afterwards")
    world.execute("insert into acts values ('b1', '2026-03-05', 0, 0, 3, 1, 0), ('b1', '2026-03-06', 0, 0, 2, 0, 0)")
    found = compared(world)
    assert (found["interactions"].members, found["interactions"].group) == (0, 5 / 25)
    assert found["opted_out"].group == 1 / 25


def test_few_customers_have_a_difference_and_no_interval(world):
    known(world, "a", 19, True)
    known(world, "b", 60, False)
    bought(world, "a", 19)
    found = compared(world)["bought"]
    assert (found.difference, found.interval) == (1.0, None)


def test_a_segment_that_takes_all_of_their_kind_is_compared_with_nobody(world):
    known(world, "a", 30, True, purchases=1)
    known(world, "b", 30, False, purchases=2)
    known(world, "one", 1, False, purchases=1)
    assert compared(world) == {}, "a single other tells not how far others differ"
    assert comparison.balances(world) == []


def test_balance_tells_how_far_both_sides_were_apart(world):
    known(world, "a", 20, True, purchases=1, tenure_days=100)
    known(world, "b", 20, False, purchases=1, tenure_days=100)
    known(world, "c", 20, False, purchases=5, tenure_days=300)
    compared(world)
    found = {one.covariate: one for one in comparison.balances(world)}
    # of the others purchases are 1 and 5, half each: variance 4 * 40 / 39, of the members 0
    assert found["purchases"].before == pytest.approx((1 - 3) / np.sqrt(4 * 40 / 39 / 2))
    assert found["purchases"].after == 0
    assert found["net_revenue"] == Balance("net_revenue", None, None), "nobody differs"


def test_spend_is_compared_among_the_buyers_of_a_day(world):
    known(world, "a", 20, True, net_revenue=900.0)
    known(world, "b", 20, False, net_revenue=900.0)
    known(world, "c", 60, False, net_revenue=5.0)
    known(world, "d", 60, False, purchases=0, net_revenue=0.0, recency_days=None)
    bought(world, "c", 60)
    found = compared(world, ("spend_percent",))
    assert found["bought"].group == 0, "the spenders alone"
    assert comparison.counts(world).matched_others == 20


def made_up(connection, seed: int, effect: float) -> None:
    """Two days of 400 customers: who bought more often buys more often again, and is a member more often."""
    random = np.random.default_rng(seed)
    purchases = random.choice([1, 2, 3], 400)
    for day, window in ((DAY, date(2026, 3, 20)), (date(2026, 4, 5), date(2026, 4, 20))):
        is_member = random.random(400) < 0.1 + 0.15 * purchases
        buys = random.random(400) < 0.1 + 0.15 * purchases + effect * is_member
        rows = {
            "customer_id": np.array([f"c{n}" for n in range(400)]), "is_member": is_member, "purchases": purchases,
            "buys": buys.astype(int),
        }  # fmt: skip
        connection.register("rows", rows)
        connection.execute(
            "insert into customer_days"
            " select ?, customer_id, is_member, null, true, 40, purchases, 10, 100, 0 from rows",
            [day],
        )
        connection.execute("insert into acts select customer_id, ?, buys, 20 * buys, 0, 0, 0 from rows", [window])
        connection.unregister("rows")
    connection.execute("delete from asked_days")
    connection.execute("insert into asked_days values (?), (?)", [DAY, date(2026, 4, 5)])


@pytest.mark.parametrize("seed", range(5))
def test_weights_of_both_sides_add_up_to_the_members(world, seed):
    made_up(world, seed, 0)
    compared(world, ("purchases", "recency_days"))
    sums = world.execute(
        "select day, stratum, sum(weight) filter (where is_member), sum(weight) filter (where not is_member)"
        " from compared where is_matched group by all"
    ).fetchall()
    assert sums
    for _, _, members, others in sums:
        assert members == pytest.approx(others)


@pytest.mark.parametrize("effect", [0.0, 0.2])
def test_intervals_hold_the_truth_most_of_the_time(world, effect):
    held, differences = 0, []
    for seed in range(60):
        for table in ("customer_days", "acts"):
            world.execute(f"delete from {table}")
        world.execute("drop table if exists afterwards")
        made_up(world, seed, effect)
        found = compared(world)["bought"]
        held += found.interval[0] <= effect <= found.interval[1]
        differences.append(found.difference)
    assert 52 <= held <= 60
    assert np.mean(differences) == pytest.approx(effect, abs=0.015)
