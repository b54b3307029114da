"""Runs compiled models on tables that a test makes up: the models' own SQL, without a lake under it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt.dbt_project import parsed, prepare_manifest
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing.dbt.dbt_runner import finished

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
AS_OF = "2026-06-30"


class CompiledModels:
    """The project compiled once; `database()` gives empty warehouses with its seeds, `build()` runs models in them.

    Args:
        folder: where compiled files and databases go.
        variables: dbt vars that differ from the project's.
        select: the models that are built, which compiles faster; all when none given.
    """

    def __init__(self, folder: Path, variables: Mapping[str, Any] | None = None, select: Sequence[str] = ()) -> None:
        self.folder = folder
        self._databases = 0
        # The compiled names start with the database: its file must be called the same in every test.
        environment = {**os.environ, "GUANXI_AS_OF": AS_OF, "GUANXI_WAREHOUSE": str(folder / "warehouse.duckdb"),
                       "GUANXI_LAKE": str(folder / "lake"), "GUANXI_MODELS": ""}  # fmt: skip
        given = json.dumps(dict(variables)) if variables else ""
        environment |= {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
        settings = load_settings(home=folder)
        environment |= parsed(settings, given)
        done = finished(
            [
                "compile", "--no-introspect", "--no-populate-cache", "--quiet",
                "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
                *(["--vars", given] if given else []), *(["--select", *select] if select else []),
            ],
            environment,
        )  # fmt: skip
        assert done.returncode == 0, done.said[-3000:]
        manifest = json.loads(prepare_manifest(settings, given).read_text(encoding="utf-8"))
        self.nodes = {node["name"]: node for node in manifest["nodes"].values()}

    def database(self) -> duckdb.DuckDBPyConnection:
        """A new warehouse with every schema and seed, and nothing else in it."""
        self._databases += 1
        folder = self.folder / f"database_{self._databases}"
        folder.mkdir()
        connection = duckdb.connect(str(folder / "warehouse.duckdb"))
        for schema in sorted({node["schema"] for node in self.nodes.values()}):
            connection.execute(f"create schema if not exists {schema}")
        for node in self.nodes.values():
            if node["resource_type"] == "seed":
                path = DBT_PROJECT / node["original_file_path"]
                connection.execute(f"create table seeds.{node['name']} as from read_csv('{path}', header = true)")
        return connection

    def build(self, connection: duckdb.DuckDBPyConnection, *models: str, as_of: str = AS_OF) -> None:
        """Run models as tables, in the order given, as of a day."""
        for model in models:
            node = self.nodes[model]
            path = self.folder / "target" / "compiled" / "guanxi" / node["original_file_path"]
            sql = path.read_text(encoding="utf-8").replace(f"cast('{AS_OF}' as date)", f"cast('{as_of}' as date)")
            connection.execute(f"create or replace table {node['schema']}.{model} as {sql}")
