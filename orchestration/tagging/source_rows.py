"""The rows that a metric of a customer counts: the newest of them, with the file that brought each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from ingestion.channels import load
from orchestration.dbt import dbt_project
from stores.dbt_files.customer_metrics import MetricDeclaration
from stores.duckdb_connection import identifier
from stores.lake.layout import dataset_of
from stores.lake.reader import has_table, rows
from stores.settings import Settings

SHOWN = 5


@dataclass(frozen=True)
class SourceRow:
    """One row that a metric counts.

    Attributes:
        occurred_at: its moment, in the business time zone.
        channel: the source channel.
        key: its key in the source; for a line with the order before it.
        what: its kind, status or product.
        amount: money kept, points or a score; None where it has none.
        source_file: the file or pull that brought it last; empty where the lake has no row with this key.
        line: its line there; None where there is none.
    """

    occurred_at: datetime
    channel: str
    key: str
    what: str
    amount: Decimal | None
    source_file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class CountedRows:
    """What a metric counts of a customer.

    Attributes:
        of: the kind of rows, one of `customer_metrics.COUNTED`.
        total: how many there are.
        newest: up to `SHOWN` of them, the newest first.
    """

    of: str
    total: int
    newest: list[SourceRow]


def counted_rows(
    settings: Settings,
    warehouse: duckdb.DuckDBPyConnection,
    metric: MetricDeclaration,
    customer_id: str,
    as_of: date,
) -> CountedRows | None:
    """The rows that a metric counts of a customer.

    Args:
        settings: the installation.
        warehouse: open for reading.
        metric: which.
        customer_id: of the customer.
        as_of: the day whose end is described.

    Returns:
        The rows; None where the metric is not counted from rows.

    Raises:
        duckdb.Error: the warehouse lacks a table, or the metric's condition is no SQL.
    """
    if not metric.counts:
        return None
    facts = _FACTS[metric.counts].format(
        as_of=f"date '{as_of}'",
        end=f"date '{as_of + timedelta(days=1)}'",
        daypart=_daypart(settings, "occurred_at"),
        timed=_daypart(settings, "ordered_at"),
    )
    found = warehouse.execute(
        f"""
        with of_customer as (
            select source_profile_id from intermediate.int_customer_profiles where customer_id = $customer_id
        ),
        facts as ({facts})
        select occurred_at, channel, row_key, what, amount, count(*) over () as total
        from facts
        where {metric.counted_if or "true"}
        order by occurred_at desc, row_key desc
        limit {SHOWN}
        """,
        {"customer_id": customer_id},
    ).fetchall()
    newest = [
        SourceRow(at, channel, key.removeprefix(f"{channel}:"), what or "", amount)
        for at, channel, key, what, amount, _ in found
    ]
    total = int(found[0][-1]) if found else 0
    return CountedRows(metric.counts, total, with_files(settings, warehouse, metric.counts, newest))


def with_files(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection, counts: str, newest: Sequence[SourceRow]
) -> list[SourceRow]:
    """The same rows with the file that brought each last: found by its key in the raw tables that it was made from.

    Args:
        settings: the installation.
        warehouse: any connection: the lake is read.
        counts: the kind of rows, such as orders or interactions.
        newest: the rows.
    """
    places: dict[tuple[str, str], tuple[str, int | None]] = {}
    for name in sorted({row.channel for row in newest}):
        dataset = dataset_of(settings.lake, name)
        wanted = [row.key for row in newest if row.channel == name]
        made_from = _raw_tables(settings, name, "orders" if counts == "sales" else counts)
        for table in load(name).tables if made_from else []:
            if table.name not in made_from:
                continue
            # parts of a document follow its own rows: a line is `order/line`
            key = list(table.key) or ["order_id"]
            if not has_table(dataset, table.name) or not set(key) <= set(table.columns):
                continue
            spelled = " || '/' || ".join(f"cast({identifier(column)} as varchar)" for column in key)
            brought = warehouse.execute(
                f"select {spelled}, arg_max(_source_file, _dlt_load_id), arg_max(_line, _dlt_load_id)"
                f" from {rows(dataset, table.name)} where {spelled} in (select unnest(?)) group by 1",
                [[*wanted, *map(_of_one_row, wanted)]],
            ).fetchall()
            for row_key, file, line in brought:
                places.setdefault((name, row_key), (file, line))
    files = [places.get((row.channel, row.key)) or places.get((row.channel, _of_one_row(row.key))) for row in newest]
    return [
        replace(row, source_file=file[0], line=file[1]) if file else row
        for row, file in zip(newest, files, strict=True)
    ]


def _of_one_row(key: str) -> str:
    """The key of the row that says several things: `Q17:nps` is an answer of the row `Q17`."""
    return key.partition(":")[0]


def _raw_tables(settings: Settings, channel: str, concept: str) -> set[str]:
    """The raw tables that a channel's staging model of a concept is made from, by the manifest of the last build."""
    try:
        manifest = json.loads((dbt_project.build_dir(settings) / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    names = {node["name"]: unique_id for unique_id, node in manifest["nodes"].items()}
    open_ids, found = [names.get(f"stg_{channel}__{concept}", "")], set()
    while open_ids:
        unique_id = open_ids.pop()
        if unique_id in manifest["sources"]:
            found.add(str(manifest["sources"][unique_id]["name"]))
        elif unique_id in manifest["nodes"] and "staging" in manifest["nodes"][unique_id]["fqn"]:
            open_ids += manifest["nodes"][unique_id]["depends_on"]["nodes"]
    return found


def _daypart(settings: Settings, moment: str) -> str:
    """The part of the day that a moment lies in, by the project's var `dayparts`, as SQL."""
    document: Mapping[str, Any] = yaml.safe_load(
        (Path(settings.project_root) / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8")
    )
    hour = f"hour({moment})"
    whens = " ".join(
        f"when {hour} >= {first} {'and' if first < last else 'or'} {hour} < {last} then '{name}'"
        for name, (first, last) in document["vars"]["dayparts"].items()
    )
    return f"case {whens} end"


_SALES = """
    select
        sales.channel, sales.order_id as row_key, sales.status as what,
        sales.paid_amount - sales.returned_amount as amount, sales.ordered_at as occurred_at,
        sales.is_sale, sales.is_purchase, sales.returned_amount, sales.uses_coupon,
        sales.is_online, sales.store_name, sales.status, date_diff('day', sales.order_day, {as_of}) as age_days,
        isodow(sales.order_day) as weekday, day(sales.order_day) as day_of_month, month(sales.order_day) as month,
        case when sales.ordered_at <> cast(sales.order_day as timestamp) then {timed} end as daypart,
        list(seasons.season) filter (where seasons.season is not null) over (partition by sales.order_id) as seasons
    from intermediate.int_dated_sales as sales
    semi join of_customer on sales.source_profile_id = of_customer.source_profile_id
    left join seeds.shopping_seasons as seasons
        on sales.order_day between seasons.first_day and seasons.last_day
    where sales.order_day <= {as_of}
    qualify row_number() over (partition by sales.order_id) = 1
"""

# What each kind of rows is, with the columns that conditions of metrics name.
_FACTS = {
    "sales": _SALES,
    "order_lines": """
        select
            sales.channel, lines.order_id || '/' || lines.line_no as row_key,
            coalesce(lines.product_name, lines.sku) as what, lines.amount, sales.ordered_at as occurred_at,
            lines.category,
            lines.quantity * lines.unit_price > lines.amount + 0.01 as is_reduced,
            (
                select coalesce(list(distinct themes.theme), []) from seeds.product_themes as themes
                where contains(lower(lines.product_name), themes.word)
            ) as themes
        from intermediate.int_order_lines as lines
        inner join intermediate.int_dated_sales as sales on lines.order_id = sales.order_id
        semi join of_customer on sales.source_profile_id = of_customer.source_profile_id
        where
            sales.is_purchase and sales.order_day <= {as_of}
            and lines.amount >= 0 and coalesce(lines.sku, lines.product_name) is not null
    """,
    "interactions": """
        select
            facts.channel, facts.interaction_id as row_key, facts.kind as what, cast(null as decimal(18, 2)) as amount,
            facts.occurred_at, facts.kind, date_diff('day', facts.interaction_day, {as_of}) as age_days,
            isodow(facts.interaction_day) as weekday, {daypart} as daypart,
            facts.is_inbound and coalesce(titles.is_activity, false) as is_activity,
            facts.is_inbound and coalesce(titles.is_activity, true) as is_own,
            facts.is_inbound and facts.kind in (
                'open', 'view', 'search', 'cart', 'checkout', 'purchase_click', 'share', 'push_open'
            ) as is_visit
        from intermediate.int_interactions as facts
        semi join of_customer on facts.source_profile_id = of_customer.source_profile_id
        left join seeds.interaction_titles as titles on facts.kind = titles.kind
        where facts.interaction_day <= {as_of}
    """,
    "feedback": """
        select
            facts.channel, facts.feedback_id as row_key,
            concat_ws(' ', facts.kind, facts.metric, facts.ticket_type) as what,
            cast(facts.score as decimal(18, 2)) as amount, facts.occurred_at, facts.kind, facts.metric,
            facts.ticket_type, facts.severity, facts.score, facts.text,
            coalesce(facts.responded_at < {end}, false) as is_answered,
            coalesce(facts.resolved_at < {end}, false) as is_resolved
        from intermediate.int_feedback as facts
        semi join of_customer on facts.source_profile_id = of_customer.source_profile_id
        where facts.occurred_at < {end}
    """,
    "points": """
        select
            facts.channel, facts.entry_id as row_key, facts.kind as what,
            cast(facts.points as decimal(18, 2)) as amount, facts.occurred_at, facts.kind
        from intermediate.int_points as facts
        semi join of_customer on facts.source_profile_id = of_customer.source_profile_id
        where facts.held_reason is null and facts.occurred_at < {end}
    """,
}
