"""What a rule would give: how many customers, against today, and which tags it would say the same as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from orchestration.seeds.seed_files import proposed_tag_rules
from orchestration.tagging.rules import Rule, compiled, in_words, metrics_of
from stores.dbt_files.customer_metrics import MetricDeclaration
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import connect

_OVERLAPS_SHOWN = 5


@dataclass(frozen=True)
class Overlap:
    """How much a tag of today and a proposed one have in common.

    Attributes:
        tag: of today.
        value: of today; None where it simply holds.
        both: customers with both.
        jaccard: those, as part of the customers with either.
    """

    tag: str
    value: str | None
    both: int
    jaccard: float


@dataclass(frozen=True)
class Preview:
    """What a rule would give.

    Attributes:
        tag: its name.
        value: its value; None where it simply holds.
        words: what the rule says.
        customers: who would have it.
        all_customers: all there are.
        active_customers: those of `customers` in an active stage.
        all_active: all customers in an active stage.
        with_metric: customers of whom the metric is known.
        before: customers who have the tag today.
        gained: who would have it and have not.
        lost: who have it and would not.
        overlaps: the tags of today that are most alike, the most alike first.
    """

    tag: str
    value: str | None
    words: str
    customers: int
    all_customers: int
    active_customers: int
    all_active: int
    with_metric: int
    before: int
    gained: int
    lost: int
    overlaps: list[Overlap] = field(default_factory=list)


def preview(settings: Settings, given: str) -> list[Preview]:
    """Try rules on the warehouse as it was last built; nothing is changed.

    Args:
        settings: the installation.
        given: a row of the seed tag_rules, or a CSV file of such rows.

    Returns:
        One for each tag and value.

    Raises:
        UserError: a row is wrong, or the warehouse lacks tags, a metric, or who is not profiled.
    """
    rows, metrics = proposed_tag_rules(settings, given), metrics_of(settings)
    with closing(connect(settings)) as warehouse:
        try:
            found = warehouse.execute("select as_of, customers, active_customers from marts.tag_summary").fetchone()
            if found is None:
                raise UserError("The warehouse has no tags yet. Run `guanxi run` first.")
            warehouse.execute("create temp table active as " + _ACTIVE)
            return [one for rule in rows for one in _previews(warehouse, rule, metrics, *found)]
        except (duckdb.CatalogException, duckdb.BinderException) as missing:
            what = str(missing).split("\n", 1)[0].rstrip(".!")
            raise UserError(f"The warehouse lacks what a preview needs: {what}. Run `guanxi run` first.") from missing


def _previews(
    warehouse: duckdb.DuckDBPyConnection,
    rule: Rule,
    metrics: Mapping[str, MetricDeclaration],
    as_of: date,
    everybody: int,
    active: int,
) -> Iterator[Preview]:
    """Of one row of the seed: one for each value that it gives."""
    made = compiled(rule, metrics, as_of)
    warehouse.execute(
        f"create or replace temp table members as select customer_id, {made.value} as value from {made.table}"
        f" where {made.condition} {_ONLY_PROFILED if _is_inferred(warehouse, rule) else ''}"
    )
    ((with_metric,),) = warehouse.execute(f"select count({rule['metric']}) from {made.table}").fetchall()
    values = [row[0] for row in warehouse.execute("select distinct value from members order by 1").fetchall()]
    words = in_words(rule, metrics.get(rule["metric"]))
    for value in values or [rule["value"] or None]:
        counts = _counts(warehouse, rule, value)
        yield Preview(rule["tag"], value, words, all_customers=everybody, all_active=active,
                      with_metric=with_metric, **counts)  # fmt: skip


def _is_inferred(warehouse: duckdb.DuckDBPyConnection, rule: Rule) -> bool:
    found = warehouse.execute(
        "select is_inferred from seeds.tag_families where family = ?", [rule["family"]]
    ).fetchone()
    return found is None or bool(found[0])  # a family that the warehouse does not know yet: with care


def _counts(warehouse: duckdb.DuckDBPyConnection, rule: Rule, value: str | None) -> dict[str, Any]:
    asked = {"tag": rule["tag"], "value": value}
    ((customers, active, before, gained, lost),) = warehouse.execute(_COUNTS, asked).fetchall()
    overlaps = warehouse.execute(_OVERLAPS, {**asked, "customers": customers, "shown": _OVERLAPS_SHOWN}).fetchall()
    return {
        "customers": customers, "active_customers": active, "before": before, "gained": gained, "lost": lost,
        "overlaps": [Overlap(*row) for row in overlaps],
    }  # fmt: skip


_ACTIVE = """
    select lifecycle.customer_id
    from marts.customer_lifecycle as lifecycle
    inner join seeds.lifecycle_stages as stages on lifecycle.stage = stages.stage
    where stages.is_active
"""

_ONLY_PROFILED = "and customer_id not in (select customer_id from intermediate.int_customers_not_profiled)"

_COUNTS = """
    with proposed as (
        select customer_id from members where value is not distinct from $value
    ),
    today as (
        select customer_id from marts.customer_tags
        where is_current and tag = $tag and value is not distinct from $value
    )
    select
        (select count(*) from proposed),
        (select count(*) from proposed semi join active using (customer_id)),
        (select count(*) from today),
        (select count(*) from proposed anti join today using (customer_id)),
        (select count(*) from today anti join proposed using (customer_id))
"""

_OVERLAPS = """
    with proposed as (
        select customer_id from members where value is not distinct from $value
    ),
    shared as (
        select tag, value, count(*) as both
        from marts.customer_tags
        semi join proposed using (customer_id)
        where is_current and tag <> $tag
        group by tag, value
    )
    select
        shared.tag,
        shared.value,
        shared.both,
        shared.both / ($customers + coverage.customers - shared.both) as jaccard
    from shared
    inner join marts.tag_coverage as coverage
        on shared.tag = coverage.tag and shared.value is not distinct from coverage.value
    order by jaccard desc, shared.tag, shared.value
    limit $shown
"""
