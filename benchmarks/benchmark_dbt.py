"""dbt on the made-up project of a benchmark."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestration.dbt import dbt_process
from stores.settings import PROJECT_ROOT


def run_dbt(folder: Path, env: dict[str, str], arguments: list[str]) -> None:
    """Run a dbt command on the project of a benchmark.

    Args:
        folder: of the benchmark; the project is in `project/`.
        env: the whole environment of the process.
        arguments: the command and its options.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    process = dbt_process.start(
        ["--quiet", *arguments, "--project-dir", str(folder / "project")], env, folder / "project"
    )
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().decode(errors="replace")
    if process.wait() != 0:
        raise RuntimeError(said[-4000:])


def compile_models(folder: Path, names: Sequence[str], as_of: date) -> dict[str, str]:
    """Let dbt write the SQL of models of the project, for tables of `folder / "warehouse.duckdb"`.

    Args:
        folder: of the benchmark.
        names: the models.
        as_of: the day that they are made for.

    Returns:
        SQL by model.

    Raises:
        RuntimeError: dbt failed; with the end of what it said.
    """
    project = PROJECT_ROOT / "dbt_project"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    env |= {
        "GUANXI_WAREHOUSE": str(folder / "warehouse.duckdb"), "GUANXI_LAKE": str(folder / "lake"),
        "GUANXI_AS_OF": str(as_of), "DBT_PROFILES_DIR": str(project), "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }  # fmt: skip
    arguments = ["--quiet", "compile", "--select", *names, "--no-introspect", "--project-dir", str(project)]
    process = dbt_process.start(arguments, env, project)
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().decode(errors="replace")
    if process.wait():
        raise RuntimeError(said[-3000:])
    compiled = {path.stem: path for path in (folder / "target" / "compiled").rglob("*.sql")}
    return {name: compiled[name].read_text(encoding="utf-8") for name in names}
