"""dbt run on a lake and a warehouse of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt import dbt_process
from orchestration.dbt.dbt_project import parsed
from stores.settings import PROJECT_ROOT, load_settings

PROJECT = PROJECT_ROOT / "dbt_project"
# Lets a command write `manifest.json` and `run_results.json` into its target folder.
AS_JSON = {"DBT_WRITE_JSON": "true"}


@dataclass(frozen=True)
class Finished:
    """A dbt command that has ended: its exit code, all that it said, and the most memory it had."""

    returncode: int
    said: str
    peak_kib: int


def finished(arguments: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Run a dbt command to its end, from the server that this pytest worker keeps."""
    # All that most tests look at is printed. A second log, with every detail, costs a tenth of a build, and to write
    # manifest and results as JSON costs as much as to build some twenty models.
    quick = {"DBT_LOG_LEVEL_FILE": "none", "DBT_WRITE_JSON": "false"}
    process = dbt_process.start(arguments, {**quick, **environment}, PROJECT)
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().decode(errors="replace")
    code = process.wait()
    return Finished(code, said, process.peak_kib)


@dataclass
class Dbt:
    """dbt on one lake and one warehouse."""

    home: Path
    lake: Path
    project: Path = PROJECT
    as_of: str = "2026-06-30"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        return self.home / "target"

    def run(self, *arguments: str, check: bool = True, **environment: str) -> Finished:
        """Run dbt; its output is the assertion message when it fails. `**AS_JSON` keeps manifest and results."""
        self.home.mkdir(parents=True, exist_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
        env |= {
            "GUANXI_LAKE": str(self.lake),
            "GUANXI_WAREHOUSE": str(self.warehouse),
            "GUANXI_AS_OF": self.as_of,
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.home / "logs"),
            "DBT_USE_COLORS": "false",
            **environment,
        }
        if self.project == PROJECT and not {"--vars", "--target"}.intersection(arguments):
            env |= parsed(load_settings(home=self.home))
        done = finished([*arguments, "--project-dir", str(self.project)], env)
        if check:
            assert done.returncode == 0, done.said[-6000:]
        return done

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def manifest(self) -> dict[str, Any]:
        """What dbt knew of the project after the last run `AS_JSON`."""
        read: dict[str, Any] = json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))
        return read

    def results(self) -> list[dict[str, Any]]:
        """What became of each node of the last run `AS_JSON`."""
        read = json.loads((self.target / "run_results.json").read_text(encoding="utf-8"))
        return list(read["results"])
