"""Tags of made-up metrics as somebody writes them in one script who knows the rules."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.measure import Stopwatch
from benchmarks.tag_project import AREAS, FIRST_DAY, WAREHOUSE, Rule, metrics

# What is counted from the rows: of each tag, of each customer, of each family.
_COUNTS = """
    create table tags as select tag, any_value(family) as family from built.main.tag_rules group by tag;
    create table active as
    select customer_id, stages.is_active from built.main.customer_lifecycle
    inner join built.main.lifecycle_stages as stages using (stage);
    create table tag_coverage as
    select tag, value, count(*) as customers, count_if(is_active) as active_customers
    from customer_tags inner join active using (customer_id) group by all;
    create table customer_families as
    select customer_id, family, count(*) as tags
    from customer_tags inner join tags using (tag) group by all;
    create table customer_tag_counts as
    select customer_id, sum(tags) as tags, sum(least(tags, 2)) as counted_tags from customer_families group by all;
    create table tag_family_coverage as
    select family, count(*) as customers, count_if(is_active) as active_customers
    from customer_families inner join active using (customer_id) group by all;
    create table tag_summary as
    select count_if(is_active and counted_tags >= 20) as well_tagged, median(counted_tags) as median_tags
    from customer_tag_counts inner join active using (customer_id);
"""


def by_hand(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, rules: list[Rule]) -> tuple[int, int]:
    """The same tables by one script: no history, everything each time. How many tags are held, and how many count."""
    target = folder / "by_hand.duckdb"
    target.unlink(missing_ok=True)
    config = {"threads": threads, "memory_limit": memory_limit, "preserve_insertion_order": False}
    with duckdb.connect(str(target), config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{folder / WAREHOUSE}' as built (read_only)")
        with stopwatch.phase("by hand"):
            connection.execute(_script(rules))
            connection.execute(_COUNTS)
            connection.execute("checkpoint")
        ((held,),) = connection.execute("select count(*) from customer_tags where until is null").fetchall()
        ((counted,),) = connection.execute("select sum(counted_tags) from customer_tag_counts").fetchall()
    return int(held), int(counted)


def _script(rules: list[Rule]) -> str:
    selects = []
    for area in range(AREAS):
        here = [rule for rule in rules if rule["metric"] in metrics(area)]
        tops = [rule for rule in here if rule["operator"] == "top_share"]
        cutoffs = ", ".join(
            f"quantile_disc({rule['metric']}, {1 - int(rule['share']) / 100}) as {rule['tag']}" for rule in tops
        )
        entries = ", ".join(f"case when {_condition(rule)} then {_entry(rule)} end" for rule in here)
        selects.append(
            f"select customer_id, unnest(list_filter([{entries}], lambda entry: entry is not null)) as entry"
            f" from built.main.int_metrics__{area}, (select {cutoffs} from built.main.int_metrics__{area}) as cutoffs"
        )
    return (
        "create table customer_tags as select customer_id, entry.tag, entry.value, true as is_current, entry.since,"
        f" cast(null as date) as until from ({' union all '.join(selects)})"
    )


def _entry(rule: Rule) -> str:
    value = rule["metric"] if rule["operator"] == "each" else "cast(null as text)"
    since = f"{rule['metric']} + {rule['lower']}" if rule["operator"] == "days_ago" else f"date '{FIRST_DAY}'"
    return f"{{'tag': '{rule['tag']}', 'value': {value}, 'since': {since}}}"


def _condition(rule: Rule) -> str:
    metric, lower, upper = rule["metric"], rule["lower"], rule["upper"]
    if rule["operator"] == "days_ago":
        newest, oldest = FIRST_DAY - timedelta(int(lower)), FIRST_DAY - timedelta(int(upper or 9999))
        return f"{metric} <= date '{newest}' and {metric} > date '{oldest}'"
    return {
        "between": f"{metric} >= {lower} and {metric} < {upper}",
        "top_share": f"{metric} > cutoffs.{rule['tag']}",
        "is_true": metric,
        "each": f"{metric} is not null",
        "is": f"{metric} = '{rule['word']}'",
    }[rule["operator"]]
