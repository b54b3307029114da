"""The identity models alone, on tables that a test makes up, run several times in one warehouse.

For each step the step's files are put in place, the models are run, and what the tables then hold is written down.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt.dbt_project import parsed
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing.dbt.dbt_runner import finished

PROJECT = PROJECT_ROOT / "dbt_project"
SEEDS = ("identity_rules", "identity_blocked_values")
# What the models read from elsewhere, as (schema, columns); whatever a row leaves out is null.
INPUTS = {
    "int_profiles": (
        "intermediate",
        """source_profile_id varchar, channel varchar, native_id varchar, phone_token varchar, phone_mask varchar,
        phone_further varchar, email_token varchar, email_mask varchar, email_further varchar,
        id_number_token varchar, id_number_mask varchar,
        identity_name_token varchar, name_features varchar, member_no varchar, wecom_unionid varchar,
        wecom_external_userid varchar, shop_account varchar, app_user_id varchar, device_id varchar, birthday date,
        birthday_text varchar, is_test boolean, registered_at timestamp, updated_at timestamp, first_load_id varchar""",
    ),
    "stg_linkage__links": (
        "staging",
        """left_profile_id varchar, right_profile_id varchar, model_version varchar, field_weights varchar,
        match_probability double""",
    ),
    "stg_operations__identity_decisions": (
        "staging",
        """decision_id varchar, decision varchar, left_profile_id varchar, right_profile_id varchar,
        is_active boolean""",
    ),
    "stg_operations__deliveries": ("staging", "customer_id varchar"),
    "int_identity__login_log": (
        "identity",
        """channel varchar, login_place varchar, account_type varchar, account varchar, first_seen_at timestamp,
        last_seen_at timestamp, load_id varchar""",
    ),
}
OUTPUTS = (
    "int_identity__observations", "int_identity__shared_values", "int_identity__identifier_groups",
    "int_identity__components_before_guards", "int_identity__components", "int_identity__accepted_links",
    "int_identity__refused_links",
    "int_identity__conflicts", "int_identity__profile_customers", "int_identity__untrusted_values", "customer_map",
)  # fmt: skip
MODELS = "+int_identity__build_checkpoint,path:models/intermediate/identity"
Rows = list[dict[str, Any]]


@dataclass
class IdentityRuns:
    """Worlds, step by step, and what identity made of each.

    Attributes:
        folder: an empty folder.
        variables: dbt vars that differ from the project's.
        peak_kib: the most memory that a run had, in KiB.
    """

    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)
    peak_kib: int = 0

    def give(self, step: str, world: dict[str, Rows], shuffled: bool = False, full_refresh: bool = False) -> None:
        """Write the rows that a step starts from; `shuffled`: the same rows in another order."""
        place = self.folder / step
        place.mkdir(parents=True)
        (place / "step.json").write_text(json.dumps({"full_refresh": full_refresh}), encoding="utf-8")
        for table, (_, columns) in INPUTS.items():
            rows = place / f"{table}.json"
            rows.write_text("\n".join(json.dumps(row) for row in world.get(table, [])), encoding="utf-8")
            with duckdb.connect() as connection:
                connection.execute(f"create table given ({columns})")
                if world.get(table):
                    types = dict(column.split() for column in columns.split(","))
                    connection.execute(f"insert into given from read_json('{rows}', format='nd', columns={types})")
                order = "order by hash(columns(*))" if shuffled else ""
                connection.execute(f"copy (from given {order}) to '{place / table}.parquet'")

    def run(self, *steps: str) -> None:
        """Run the models on one step after the other, in one warehouse."""
        current = self.folder / "now"
        current.mkdir(exist_ok=True)
        variables = json.dumps(self.variables) if self.variables else ""
        environment = _environment(self.folder) | parsed(load_settings(home=self.folder), variables)
        unselected = [item for table in INPUTS for item in ("--exclude", table)]
        command = ["run", "--project-dir", str(PROJECT), "--quiet", "--select", MODELS, *unselected]
        command += ["--vars", variables] if variables else []
        for number, step in enumerate(steps):
            for table in INPUTS:
                (current / f"{table}.parquet").write_bytes((self.folder / step / f"{table}.parquet").read_bytes())
            if number == 0:
                _prepare(self.folder, self.folder / "warehouse.duckdb")
            wanted = json.loads((self.folder / step / "step.json").read_text(encoding="utf-8"))
            done = finished([*command, *(["--full-refresh"] if wanted["full_refresh"] else [])], environment)
            assert done.returncode == 0, f"{step}: {done.said[-5000:]}"
            self.peak_kib = max(self.peak_kib, done.peak_kib)
            self._write_down(step)

    def _write_down(self, step: str) -> None:
        place = self.folder / step / "found"
        place.mkdir(exist_ok=True)
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            for table in (*OUTPUTS, "int_identity__build_plan", "int_identity__flagged_components"):
                connection.execute(f"copy identity.{table} to '{place / table}.parquet'")

    def found(self, step: str, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Rows of a table after a step, in order."""
        path = self.folder / step / "found" / f"{table}.parquet"
        with duckdb.connect() as connection:
            return connection.execute(f"select {columns} from '{path}' order by all").fetchall()


def _environment(folder: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    return env | {
        "GUANXI_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "GUANXI_LAKE": str(folder / "lake"),
        "GUANXI_AS_OF": "2026-06-30",
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def _prepare(folder: Path, warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists seeds")
        for seed in SEEDS:
            path = PROJECT / "seeds" / "identity" / f"{seed}.csv"
            connection.execute(f"create table if not exists seeds.{seed} as from read_csv('{path}', header = true)")
        for table, (schema, _) in INPUTS.items():
            connection.execute(f"create schema if not exists {schema}")
            source = f"read_parquet('{folder / 'now' / table}.parquet')"
            connection.execute(f"create or replace view {schema}.{table} as from {source}")
