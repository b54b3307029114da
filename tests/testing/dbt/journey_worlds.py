"""Journeys over made-up facts: a dbt project of the journey models alone, and what they read as tables to be filled."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from exports.definitions.definition_file import read_model
from exports.definitions.journeys.condition import ConditionNames
from exports.definitions.journeys.journey import Journey
from exports.definitions.journeys.journey_files import JourneyCampaign, journey_of
from stores import operations
from tests.testing.dbt.dbt_runner import PROJECT, Dbt

JOURNEYS = PROJECT / "models" / "intermediate" / "journeys"
COMPILED = ("int_journeys", "int_journey_log", "int_journey_runs", "int_journey_refused_sends")
NAMES = ConditionNames(
    {"value_tier": "word", "orders": "number", "has_app": "flag", "seen_day": "day"}, ["vip"], ["tea"]
)
EVENTS = {"purchase": "order", "refund": "refund", "unsubscribed": "interaction", "complaint": "interaction"}
# The tables that the models read, with their columns.
TABLES: dict[str, dict[str, str]] = {
    "int_campaigns": {
        "campaign_id": "text", "kind": "text", "version": "int", "is_active": "boolean", "is_approved": "boolean",
        "holdout_percent": "double", "priority": "int",
    },
    "stg_operations__journeys": {
        "journey_id": "text", "version": "int", "first_step": "text", "entry_segment": "text", "entry_event": "text",
        "entry_days": "int", "reentry_days": "int", "valid_days": "int", "is_concurrent": "boolean", "on_edit": "text",
        "owner": "text", "is_active": "boolean", "entry_starts_on": "date", "entry_ends_on": "date",
    },
    "stg_operations__journey_exclusions": {
        "journey_id": "text", "version": "int", "other_journey_id": "text", "is_active": "boolean",
    },
    "stg_operations__journey_steps": {
        "journey_id": "text", "version": "int", "name": "text", "position": "int", "kind": "text", "then_step": "text",
        "else_step": "text", "message": "int", "wait_days": "int", "event": "text", "is_of_entity": "boolean",
        "task": "text", "is_active": "boolean",
    },
    "stg_operations__journey_arms": {
        "journey_id": "text", "version": "int", "step": "text", "position": "int", "condition": "text",
        "target": "text", "is_active": "boolean",
    },
    "stg_operations__journey_exits": {
        "journey_id": "text", "version": "int", "event": "text", "is_active": "boolean",
    },
    "int_journey_events": {"customer_id": "text", "event": "text", "entity_id": "text", "occurred_at": "timestamp"},
    "segment_members": {"segment": "text", "customer_id": "text"},
    "customers": {"customer_id": "text"},
    "customer_id_redirects": {"retired_customer_id": "text", "customer_id": "text"},
    "int_deliveries": {
        "campaign_id": "text", "campaign_version": "int", "step": "int", "occurrence": "text", "state": "text",
        "reason": "text", "is_sent": "boolean", "planned_at": "timestamp", "accepted_at": "timestamp",
    },
    "int_journey_customer_states": {"customer_id": "text", "value_tier": "text"},
    "int_metrics__made": {"customer_id": "text", "orders": "int", "has_app": "boolean", "seen_day": "date"},
    "customer_tags": {"customer_id": "text", "tag": "text", "is_current": "boolean"},
    "campaign_plan": {
        "campaign_id": "text", "campaign_version": "int", "step": "int", "customer_id": "text", "occurrence": "text",
        "decision": "text", "reason": "text", "is_approved": "boolean",
    },
}  # fmt: skip
Row = Mapping[str, Any]


@dataclass
class JourneyWorld:
    """What the models read on a day.

    Attributes:
        folder: where project, files and warehouse are.
        rows: the rows of each table of TABLES; those of journeys come from `journeys`.
        journeys: as they were read, all versions, oldest first; the last of each name is in its file.
        paused: journeys that nobody approved.
        announced: journeys that are written later.
    """

    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    journeys: list[JourneyCampaign] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)
    announced: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.dbt = Dbt(self.folder / "home", self.folder / "data", self._project())

    def write_journey(self, text: str) -> JourneyCampaign:
        """Put a journey, or a new version of it, into force; its YAML goes through the product's own reader."""
        name = next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith("journey_id"))
        path = self.folder / f"{name}.yml"
        path.write_text(text, encoding="utf-8")
        known = (name, *(one.campaign_id for one in self.journeys), *self.announced)
        journey, document = read_model(path, Journey, {"events": tuple(EVENTS), "journeys": known})
        self.journeys.append(journey_of(journey, document, NAMES, EVENTS))
        return self.journeys[-1]

    def add(self, table: str, *rows: Row) -> None:
        """Add rows to a table; columns that are left out are null."""
        self.rows[table] += [dict(row) for row in rows]

    def live(self, day: date) -> list[tuple[Any, ...]]:
        """Build a day.

        Returns:
            Its transitions, run by run: customer_id, from_step, to_step, cause, detail, day of the transition.
        """
        self._write()
        self.dbt.as_of = str(day)
        self.dbt.run("build")
        self._check_the_log()
        return self.dbt.query(
            "select customer_id, from_step, to_step, cause, detail, cast(happened_at as date) from main.int_journey_log"
            f" where seen_on = date '{day}' order by customer_id, entity_id, run_id, transition_no"
        )

    def standing(self) -> dict[str, str]:
        """Step by customer, of those who are inside."""
        return dict(self.dbt.query("select customer_id, step from main.int_journey_runs where is_live"))

    def run_of(self, customer: str) -> str:
        """The newest run of a customer."""
        ((run,),) = self.dbt.query(
            f"select run_id from main.int_journey_runs where customer_id = '{customer}'"
            " order by entered_at desc limit 1"
        )
        return str(run)

    def deliver(self, customer: str, message: int, state: str, at: datetime, reason: str | None = None) -> None:
        """A message of a customer's newest run, as the ledger has it."""
        run = self.run_of(customer)
        ((journey, version),) = self.dbt.query(
            f"select journey_id, version from main.int_journey_runs where run_id = '{run}'"
        )
        self.note_delivery(journey, version, run, message, state, at, reason)

    def note_delivery(
        self, journey: str, version: int, run: str, message: int, state: str, at: datetime, reason: str | None = None
    ) -> None:
        """A message of a run, as the ledger has it from now on."""
        key = {"campaign_id": journey, "campaign_version": version, "step": message, "occurrence": run}
        kept = [row for row in self.rows["int_deliveries"] if any(row[name] != value for name, value in key.items())]
        is_sent = state in ("sending", "accepted", "sent", "delivered", "bounced", "failed", "unknown", "dead")
        moment = {"planned_at": at, "accepted_at": at if state in ("accepted", "delivered") else None}
        self.rows["int_deliveries"] = [*kept, {**key, "state": state, "reason": reason, "is_sent": is_sent, **moment}]

    def _check_the_log(self) -> None:
        """No transition twice, none left out, each from where the one before led to."""
        ((bad,),) = self.dbt.query(
            "select count(*) from (select *, lag(to_step) over run as came_to, row_number() over run as place"
            " from main.int_journey_log window run as (partition by run_id order by transition_no)) as log"
            " where place <> transition_no or from_step is distinct from came_to"
        )
        assert bad == 0

    def _write(self) -> None:
        tables = {name: list(rows) for name, rows in self.rows.items()}
        newest = {journey.campaign_id: journey for journey in self.journeys}
        for journey in self.journeys:
            _register(tables, journey)
        tables["int_campaigns"] += [
            {
                "campaign_id": name, "kind": "journey", "version": journey.version, "is_active": True,
                "is_approved": name not in self.paused, "holdout_percent": journey.holdout_percent,
                "priority": journey.priority,
            }
            for name, journey in newest.items()
        ]  # fmt: skip
        with duckdb.connect() as connection:
            for name, rows in tables.items():
                _write_table(connection, self.folder / "data" / f"{name}.parquet", TABLES[name], rows)

    def _project(self) -> Path:
        project, data = self.folder / "project", self.folder / "data"
        (project / "models").mkdir(parents=True)
        data.mkdir()
        for name in COMPILED:
            shutil.copy(JOURNEYS / f"{name}.sql", project / "models")
        for name in TABLES:
            # as in the whole project, a plan is made of where everybody stands
            after = "-- depends_on: {{ ref('int_journey_runs') }}\n" if name == "campaign_plan" else ""
            sql = f"{after}{{{{ config(materialized='table') }}}} select * from '{data}/{name}.parquet'"
            (project / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
        columns = [
            {"name": name, "config": {"meta": {"metric": NAMES.fields[name]}}}
            for name in ("orders", "has_app", "seen_day")
        ]
        described = {"models": [{"name": "int_metrics__made", "columns": columns}]}
        (project / "models" / "metrics.yml").write_text(yaml.safe_dump(described), encoding="utf-8")
        (project / "seeds").mkdir()
        shutil.copy(PROJECT / "seeds" / "delivery_states.csv", project / "seeds")
        settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
        settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
        settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
        settings["vars"]["known_models"] |= {"metrics": ["made"]}
        (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        return project


def _register(tables: dict[str, list[dict[str, Any]]], journey: JourneyCampaign) -> None:
    """As the operations store keeps them: one row by key, and what does not stand in the file any more is inactive."""
    for name, rows in journey.journey_rows().items():
        table = f"stg_operations__{name}"
        keys = [column.name for column in getattr(operations, name).primary_key]
        kept = {tuple(row[key] for key in keys): row for row in tables[table]}
        for row in kept.values():
            row["is_active"] = row["is_active"] and row["journey_id"] != journey.campaign_id
        tables[table] = list((kept | {tuple(row[key] for key in keys): dict(row) for row in rows}).values())


def _write_table(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Mapping[str, str], rows: Iterable[Row]
) -> None:
    definition = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"create or replace temp table written ({definition})")
    values = [[row.get(name) for name in columns] for row in rows]
    if values:
        connection.executemany(f"insert into written values ({', '.join('?' * len(columns))})", values)
    connection.execute(f"copy written to '{path}' (format parquet)")
