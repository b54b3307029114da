"""`guanxi quarantine`: rows that were not loaded, why, and another try after a fix."""

from __future__ import annotations

from typing import Annotated

import duckdb
import typer
from rich.table import Table

from orchestration.cli.session import HomeOption, console, open_session

app = typer.Typer(no_args_is_help=True, help="Rows that could not be loaded: list them, load them after a fix.")
_QUERY = """
with rows as (select * from read_parquet(?, union_by_name = true))
select target, reason, source_file, count(*) as quarantined, min(line) as first_line, max(quarantined_at) as last_seen
from rows group by all order by quarantined desc, all limit ?
"""


@app.command("list")
def list_rows(
    home: HomeOption = None,
    channel: Annotated[str, typer.Option("--channel", "-c", help="Only this channel.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many groups of rows to show for a channel.")] = 20,
) -> None:
    """Show quarantined rows, grouped by table, reason and file."""
    settings = open_session(home)
    from orchestration.cli.run import check_channels

    check_channels([channel] if channel else None)
    table = Table("Channel", "Table", "Reason", "File", "Rows", "First line", "Last seen", title="Quarantine")
    for folder in sorted(settings.lake.glob(f"raw_{channel or '*'}/quarantine")):
        name = folder.parent.name.removeprefix("raw_")
        with duckdb.connect(":memory:") as connection:
            rows = connection.execute(_QUERY, [str(folder / "*.parquet"), limit]).fetchall()
        for target, reason, file, count, first, seen in rows:
            table.add_row(
                name, target, reason, file, f"{count:,}", str(first or ""), f"{seen:%Y-%m-%d %H:%M}" if seen else ""
            )
    if table.row_count:
        console.print(table)
    else:
        console.print("Nothing in quarantine.")


@app.command("replay")
def replay_rows(
    channel: Annotated[str, typer.Argument(help="The channel whose quarantined rows are tried again.")],
    home: HomeOption = None,
) -> None:
    """Try the quarantined rows of a channel again, after its contract or settings were corrected."""
    settings = open_session(home)
    from ingestion.pipeline import replay
    from orchestration.cli.run import check_channels

    check_channels([channel])
    report = replay(settings, channel)
    console.print(f"{sum(report.loaded.values()):,} rows loaded, {report.quarantined:,} still in quarantine.")
