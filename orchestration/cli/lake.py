"""`guanxi lake`: is the raw lake what its loads wrote, and what to do when it is not."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, console, open_session
from stores.errors import UserError

app = typer.Typer(no_args_is_help=True, help="The raw lake: check its files, take a damaged load out.")


@app.command("verify")
def verify(home: HomeOption = None) -> None:
    """Read every file of the lake and compare it with the sha256 that was noted when it was written.

    The same job runs once a week under `guanxi up`.
    """
    settings = open_session(home)
    from orchestration.runs.run_job import run_job

    outcome = run_job(settings, "verify_lake")
    if outcome.user_error:
        raise UserError(outcome.error)
    if not outcome.success:
        console.print(f"  {outcome.error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    console.print("Every file of the lake is what its load wrote.")


@app.command("set-aside")
def set_aside_load(
    channel: Annotated[str, typer.Argument(help="The channel that the damaged load belongs to.")],
    load_id: Annotated[str, typer.Argument(help="The load: the damaged file's name up to the second point.")],
    home: HomeOption = None,
) -> None:
    """Take a damaged load out of the lake for which there is no backup; its files count as unread from then on."""
    settings = open_session(home, changes=True)
    from ingestion.pipeline import locked
    from orchestration.cli.run import check_channels
    from stores.lake_checksums import set_aside

    check_channels([channel])
    with locked(settings, channel):
        place = set_aside(settings, channel, load_id)
    console.print(
        f"The load is out of the lake; its files are in {place}. `guanxi run --full` reads the files again that lie in "
        f"landing/{channel}, or that are dropped there again, and rebuilds.",
        markup=False,
        soft_wrap=True,
    )
