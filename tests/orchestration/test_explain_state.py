"""`guanxi explain stage` and `explain tier`: rules, inputs and source rows of what a customer is taken for."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest


@pytest.fixture(scope="module")
def explained(published_world, tmp_path_factory):
    """A copy of the published world that these tests only read."""
    return published_world.copy(tmp_path_factory.mktemp("states") / "home")


def built(explained, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(explained.settings.warehouse_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_stage_is_told_with_rules_inputs_history_and_the_rows_that_it_rests_on(explained) -> None:
    ((customer, stage, interactions, purchases),) = built(
        explained,
        """
        select customers.customer_id, lifecycle.stage, totals.interactions_count, customers.orders_count
        from marts.customers as customers
        inner join marts.customer_lifecycle as lifecycle using (customer_id)
        inner join intermediate.int_customer_totals as totals using (customer_id)
        where customers.orders_count > 5 and totals.interactions_count > 5
        order by 1 limit 1
        """,
    )
    said = explained.guanxi("explain", "stage", customer).stdout
    assert f"Stage 生命周期阶段 of {customer}" in said
    assert "less than 90 days ago" in said
    assert f"({stage})" in next(line for line in said.splitlines() if line.endswith("✓"))
    assert "last purchase 最近购买: 20" in said
    assert f"Counted from {purchases} sales, the newest 5 of them:" in said
    assert f"Counted from {interactions:,} interactions, the newest 5 of them:" in said
    assert " line " in said
    story = json.loads(explained.guanxi("explain", "stage", customer, "--json").stdout)
    assert story["history"][-1]["stage"] == story["lifecycle"]["stage"] == stage
    assert [rows["total"] for rows in story["counted"]] == [purchases, interactions]


def test_tiers_are_told_with_what_each_asks_for_and_what_the_customer_has(explained) -> None:
    for customer, tier, score in built(
        explained,
        "select min(customer_id), loyalty_tier, arg_min(value_score, customer_id) from marts.customer_value group by 2",
    ):
        said = explained.guanxi("explain", "tier", customer).stdout
        (held,) = [line for line in said.splitlines() if line.endswith("✓")]
        assert f"({tier})" in held
        assert f"value score 价值分: {score} of 100" in said
        assert "spend 40 %: spent in six months" in said


def test_somebody_without_a_purchase_has_a_stage_and_tiers_and_says_what_is_not_known(explained) -> None:
    ((customer,),) = built(explained, "select min(customer_id) from marts.customers where first_purchase_at is null")
    assert "first purchase 首次购买: not known" in explained.guanxi("explain", "stage", customer).stdout
    assert "no RFM score" in explained.guanxi("explain", "tier", customer).stdout


def test_an_unknown_customer_is_refused_in_one_line(explained) -> None:
    for command in ("stage", "tier"):
        done = explained.guanxi("explain", command, "12347", check=False)
        assert done.returncode == 2
        assert "No customer '12347' in publication" in done.stderr
        assert "such as shop:10023" in done.stderr
