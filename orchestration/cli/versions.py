"""`guanxi --version`: of the product, and of what it is built on."""

from __future__ import annotations

import platform
from importlib.metadata import version

import typer

from orchestration.cli.session import console

_BUILT_ON = ("dagster", "dbt-core", "dbt-duckdb", "dlt", "duckdb", "great-expectations", "streamlit")


def print_version(is_asked: bool) -> None:
    """Show the versions and end.

    Raises:
        typer.Exit: always, when asked.
    """
    if is_asked:
        parts = ", ".join(f"{name} {version(name)}" for name in _BUILT_ON)
        console.print(f"guanxi {version('guanxi')}\nPython {platform.python_version()}, {parts}", soft_wrap=True)
        raise typer.Exit
