"""A dbt project of the models of journeys alone, over made-up customers, segments, events and deliveries."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import yaml

from exports.definitions.journeys.journey_files import JourneyCampaign, load_journeys
from stores.settings import PROJECT_ROOT

FIRST_DAY = date(2026, 6, 30)
WAREHOUSE = Path("warehouse", "warehouse.duckdb")
JOURNEY = "newcomer_nurture"
OURS = ("int_journeys", "int_journey_log", "int_journey_runs", "int_journey_refused_sends")
_PROJECT = PROJECT_ROOT / "dbt_project"
_PEOPLE = "(select 'c' || n as customer_id, n from range({customers}) as r (n)) as people"
# What the models read, as SQL; `{entered}` of the customers are in the segment.
_TABLES = {
    "customers": "select customer_id from {people}",
    "customer_id_redirects": "select '' as retired_customer_id, '' as customer_id where false",
    "segment_members": "select 'new_customers' as segment, customer_id from {people} where n < {entered}",
    "int_journey_events": "select customer_id, 'purchase' as event, 'o' || n as entity_id,"
    " timestamp '{day} 11:00:00' as occurred_at from {people} where n % 100 = {days}",
    "int_journey_customer_states": "select customer_id, if(n % 5 = 0, 'high', 'ordinary') as value_tier from {people}",
    "int_metrics__made": "select customer_id, n % 4 as orders_count from {people}",
    "customer_tags": "select '' as customer_id, '' as tag, false as is_current where false",
    "campaign_plan": "-- depends_on: {{{{ ref('int_journey_runs') }}}}\nselect '' as campaign_id,"
    " 1 as campaign_version, 1 as step, '' as occurrence, '' as decision, '' as reason, false as is_approved"
    " where false",
    "int_campaigns": "select '{journey}' as campaign_id, 'journey' as kind, 1 as version, true as is_active,"
    " true as is_approved, 10.0::double as holdout_percent",
}


def make_project(folder: Path) -> None:
    """Write the project and the rows of one of the journeys that come along."""
    models, data = folder / "project" / "models", folder / "data"
    for made in (models, folder / "project" / "seeds", data, (folder / WAREHOUSE).parent):
        made.mkdir(parents=True)
    for name in OURS:
        shutil.copy(_PROJECT / "models" / "intermediate" / "journeys" / f"{name}.sql", models)
    (journey,) = (one for one in load_journeys(PROJECT_ROOT / "exports" / "journeys") if one.campaign_id == JOURNEY)
    _write_journey(journey, data)
    stubs = [*_TABLES, "int_deliveries", *(f"stg_operations__{name}" for name in journey.journey_rows())]
    for name in stubs:
        after = "-- depends_on: {{ ref('int_journey_runs') }}\n" if name == "campaign_plan" else ""
        sql = f"{after}{{{{ config(materialized='view') }}}} select * from '{data}/{name}.parquet'"
        (models / f"{name}.sql").write_text(sql, encoding="utf-8")
    described = {"models": [{"name": "int_metrics__made", "columns": [_metric("orders_count", "number")]}]}
    (models / "metrics.yml").write_text(yaml.safe_dump(described), encoding="utf-8")
    shutil.copy(_PROJECT / "seeds" / "delivery_states.csv", folder / "project" / "seeds")
    settings = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(_PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
    settings["models"] = {"guanxi": {"+materialized": "table"}}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    settings["vars"]["known_models"] |= {"metrics": ["made"]}
    (folder / "project" / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def live(folder: Path, customers: int, days: int) -> date:
    """Write what the models read on a day: one of a hundred customers is new, another one buys, what waited was sent.

    Args:
        folder: of the benchmark.
        customers: all of them; on the first day 99 of 100 are in the segment.
        days: after the first.

    Returns:
        The day.
    """
    day = FIRST_DAY + timedelta(days=days)
    entered = customers * (99 + min(days, 1)) // 100
    people = _PEOPLE.format(customers=customers)
    with duckdb.connect(str(folder / WAREHOUSE)) as connection:
        for name, sql in _TABLES.items():
            query = sql.format(people=people, entered=entered, day=day, days=days, journey=JOURNEY)
            query = query.partition("\n")[2] if query.startswith("--") else query
            connection.execute(f"copy ({query}) to '{folder}/data/{name}.parquet' (format parquet)")
        ((has_runs,),) = connection.execute(
            "select count(*) from duckdb_tables() where table_name = 'int_journey_runs'"
        ).fetchall()
        sent = f"""
            select '{JOURNEY}' as campaign_id, 1 as campaign_version, steps.message as step, runs.run_id as occurrence,
                'accepted' as state, null::text as reason, true as is_sent,
                timestamp '{day - timedelta(days=1)} 09:05:00' as planned_at,
                timestamp '{day - timedelta(days=1)} 09:06:00' as accepted_at
            from main.int_journey_runs as runs
            inner join '{folder}/data/stg_operations__journey_steps.parquet' as steps
                on runs.step = steps.name and steps.kind = 'send'
            where runs.is_live
        """
        if not has_runs:
            sent = f"""
                select '' as campaign_id, 1 as campaign_version, 1 as step, '' as occurrence, '' as state,
                    '' as reason, false as is_sent, timestamp '{day}' as planned_at, timestamp '{day}' as accepted_at
                where false
            """
        connection.execute(f"copy ({sent}) to '{folder}/data/int_deliveries.parquet' (format parquet)")
    return day


def _write_journey(journey: JourneyCampaign, data: Path) -> None:
    with duckdb.connect() as connection:
        for name, rows in journey.journey_rows().items():
            columns = {column: _type(column) for column in (rows[0] if rows else {"event": ""})}
            connection.execute(f"create table {name} ({', '.join(f'{key} {kind}' for key, kind in columns.items())})")
            for row in rows:
                connection.execute(f"insert into {name} values ({', '.join('?' * len(columns))})", list(row.values()))
            connection.execute(f"copy {name} to '{data}/stg_operations__{name}.parquet' (format parquet)")


def _type(column: str) -> str:
    if column.startswith("is_"):
        return "boolean"
    return "int" if column in ("version", "position", "message") or column.endswith("_days") else "text"


def _metric(name: str, kind: str) -> dict[str, object]:
    return {"name": name, "config": {"meta": {"metric": kind}}}
