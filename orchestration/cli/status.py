"""`guanxi status`: what this installation holds and what happened last."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.settings import Settings


def status(
    home: HomeOption = None,
    runs: Annotated[int, typer.Option(min=0, help="How many of the latest runs to list.")] = 5,
    tables: Annotated[bool, typer.Option("--tables", help="Also list rows by channel and table.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show publication, gates, rows, customers, messages and the latest runs."""
    settings = open_session(home, for_script=as_json)
    from orchestration.cli.summary import print_overview
    from orchestration.installation_overview import overview

    seen = overview(settings)
    if as_json:
        from orchestration.cli.status_document import status_document

        print_json(status_document(settings, seen, runs))
        return
    print_overview(settings, seen)
    if seen.publication is None and settings.past_day:
        console.print(
            f"{settings.past_day} was not built apart here, or its build failed. Unset GUANXI_PAST_DAY and run "
            f"`guanxi run --as-of {settings.past_day}`.",
            soft_wrap=True,
        )
    elif seen.publication is None and seen.channels:
        console.print("Nothing is published. `guanxi run` builds what was read and publishes it.")
    elif seen.publication is None:
        console.print("Nothing is published yet. Start with `guanxi demo`, or `guanxi run` for your own channels.")
    if tables:
        listed = Listing("Channel", "Table", "Files", "Rows read", "Loaded", "Quarantined")
        for row in seen.channels:
            numbers = (f"{number:,}" for number in (row.files, row.physical, row.loaded, row.quarantined))
            listed.add_row(row.channel, row.table, *numbers)
        console.print(listed)
    if runs and (settings.home / "dagster" / "history").exists():
        _print_runs(settings, runs)


def _print_runs(settings: Settings, count: int) -> None:
    from orchestration.dagster_host.run_history import latest_runs

    listed = Listing("Run", "Job", "Status", "Started", "Seconds")
    for run in latest_runs(settings, count):
        listed.add_row(
            run.run_id[:8],
            run.job,
            run.status,
            f"{run.started_at:%Y-%m-%d %H:%M}" if run.started_at else "",
            f"{run.seconds:.1f}" if run.seconds is not None else "",
        )
    console.print(listed)
