"""`guanxi receipts` and `guanxi dbt`: single steps by hand."""

from __future__ import annotations

import typer

from orchestration.cli.session import HomeOption, console, open_session


def receipts(home: HomeOption = None) -> None:
    """Take receipt files from landing/receipts/ into the delivery ledger (a run does this too)."""
    settings = open_session(home)
    from exports.receipts import collect

    report = collect(settings)
    console.print(
        f"{report.files} files, {report.events} new events, {report.duplicates} known already, "
        f"{report.rejected} rejected."
    )


def dbt_command(context: typer.Context, home: HomeOption = None) -> None:
    """Run any dbt command on this installation.

    For example: guanxi dbt build --select customers+

    Environment, profile and the one-writer lock are those of a normal run. Options of dbt go after the command.
    """
    settings = open_session(home)
    from orchestration.dbt import passthrough

    raise typer.Exit(passthrough(settings, context.args))
