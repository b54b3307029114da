"""dbt on the made-up project of a benchmark."""

from __future__ import annotations

from pathlib import Path

from orchestration.dbt import dbt_process


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
