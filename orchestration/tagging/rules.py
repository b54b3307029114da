"""Rules of tags as SQL and in words, for single rules; the build compiles all of them together (macros/tags)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from stores.dbt_files.customer_metrics import MetricDeclaration, read_metrics
from stores.duckdb_connection import literal
from stores.settings import Settings

Rule = Mapping[str, str]  # a row of the seed, every cell as text

_SCHEMA = "intermediate"


@dataclass(frozen=True)
class Compiled:
    """A rule as SQL.

    Attributes:
        table: that has the metric, with its schema.
        condition: on a row of it; never null.
        value: the expression of the tag's value.
    """

    table: str
    condition: str
    value: str


def metrics_of(settings: Settings) -> dict[str, MetricDeclaration]:
    """The metrics of customers that the project declares, by name."""
    return read_metrics(Path(settings.project_root) / "dbt_project")


def compiled(rule: Rule, metrics: Mapping[str, MetricDeclaration], as_of: date) -> Compiled:
    """A rule as SQL, with the meaning that the seed's description gives its operator.

    Args:
        rule: a row that was checked.
        metrics: the metrics of customers by name.
        as_of: the day whose end is described.
    """
    metric, table = rule["metric"], f"{_SCHEMA}.{metrics[rule['metric']].table}"
    value = metric if rule["operator"] == "each" else literal(rule["value"]) if rule["value"] else "cast(null as text)"
    return Compiled(table, f"coalesce({_condition(rule, table, as_of)}, false)", value)


def _condition(rule: Rule, table: str, as_of: date) -> str:
    metric, operator = rule["metric"], rule["operator"]
    lower, upper = rule["lower"], rule["upper"]
    if rule.get("since") and date.fromisoformat(rule["since"]) > as_of:
        return "false"
    if operator == "between":
        bounds = [f"{metric} >= {lower}"] if lower else []
        return " and ".join(bounds + ([f"{metric} < {upper}"] if upper else []))
    if operator == "days_ago":
        age = f"date_diff('day', {metric}, date '{as_of}')"
        return f"{age} >= {_days(lower)}" + (f" and {age} < {_days(upper)}" if upper else "")
    if operator in ("top_share", "bottom_share"):
        best = operator == "top_share"
        number, share = f"cast({metric} as double)", (1 - Decimal(rule["share"]) / 100).normalize()
        order = "" if best else " desc"
        cutoff = f"select percentile_disc({share:f}) within group (order by {number}{order}) from {table}"
        return f"{number} {'>' if best else '<'} ({cutoff})"
    return {
        "is": f"{metric} = {literal(rule['word'])}",
        "is_true": metric,
        "each": f"{metric} is not null",
        "is_known": f"{metric} is not null",
    }[operator]


def in_words(rule: Rule, metric: MetricDeclaration | None) -> str:
    """What a rule says: `total_spend (Total spend 累计消费, money) from 100 to below 500`."""
    named = f"{rule['metric']} ({metric.name_en} {metric.name_zh}, {metric.unit})" if metric else rule["metric"]
    lower, upper = (_plain(rule[bound]) for bound in ("lower", "upper"))
    if rule["operator"] == "between":
        return f"{named} {_range(lower, upper)}"
    if rule["operator"] == "days_ago":
        return f"{named} {_range(lower or '0', upper)} days before the as-of day"
    return {
        "top_share": f"{named} among the highest {_plain(rule['share'])} % of the customers who have it",
        "bottom_share": f"{named} among the lowest {_plain(rule['share'])} % of the customers who have it",
        "is": f"{named} is {rule['word']}",
        "is_true": f"{named} is true",
        "each": f"each word of {named}",
        "is_known": f"{named} is known",
    }[rule["operator"]]


def _range(lower: str, upper: str) -> str:
    if not upper:
        return f"at least {lower}"
    return f"from {lower} to below {upper}" if lower else f"below {upper}"


def _plain(number: str) -> str:
    return f"{Decimal(number).normalize():f}" if number else ""


def _days(bound: str) -> int:
    return int(Decimal(bound)) if bound else 0


def as_texts(row: Mapping[str, Any]) -> dict[str, str]:
    """A row of a publication as the seed's file has it."""
    return {name: "" if value is None else str(value) for name, value in row.items()}
