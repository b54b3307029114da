"""`guanxi run`: the whole loop once."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, chapter, console, open_session
from orchestration.loop import JobOutcome, run_job
from stores.errors import UserError
from stores.settings import Settings, load_settings


def run(
    home: HomeOption = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Build for this day instead of today. Sends nothing.")
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Rebuild everything from the lake, even when nothing is new.")
    ] = False,
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", "-c", help="Read only this channel (may be given several times). Default: all."),
    ] = None,
    send: Annotated[
        bool,
        typer.Option(
            "--send/--no-send",
            help="Carry out the campaign plan after publishing; without, nobody carries it out until it is released.",
        ),
    ] = True,
) -> None:
    """Read the channels, build, check, publish, send: the same jobs that the Dagster UI starts.

    Exit code 0: done (also when there was nothing new); 1: a step or a gate failed, nothing new was published;
    2: wrong arguments or configuration.
    """
    from orchestration.preflight import check_configuration

    settings = open_session(home)
    day = check_day(settings, as_of)
    check_channels(channel)
    check_configuration(settings)
    refreshed, delivered = refresh_and_deliver(settings, day, full, channel, send)
    from orchestration.cli.summary import print_run

    print_run(settings, refreshed, delivered)
    if not refreshed.success or (delivered and not delivered.success):
        raise typer.Exit(1)


def refresh_and_deliver(
    settings: Settings, day: date | None, full: bool, channels: list[str] | None, send: bool
) -> tuple[JobOutcome, JobOutcome | None]:
    """Refresh, then deliver if the refresh went through.

    Raises:
        UserError: the run failed for a reason that the reader can mend.
    """
    with chapter("Refresh"):
        refreshed = run_job(settings, "refresh", day, full, channels, may_deliver=send and day is None)
    if refreshed.user_error:
        raise UserError(refreshed.error)
    if not refreshed.success:
        console.print(f"  {refreshed.error}", style="red", markup=False, soft_wrap=True)
        return refreshed, None
    if not send or day is not None:
        return refreshed, None
    with chapter("Delivery"):
        delivered = run_job(settings, "deliver")
    if delivered.user_error:
        raise UserError(delivered.error)
    return refreshed, delivered


def check_day(settings: Settings, text: str) -> date | None:
    """The `--as-of` day, None for today.

    Raises:
        UserError: not a date, or in the future.
    """
    if not text:
        return None
    from orchestration.defs.resources import parse_as_of

    return parse_as_of(text, settings)


def check_channels(names: list[str] | None) -> None:
    """Refuse channels that are not in use.

    Raises:
        UserError: an unknown name.
    """
    if not names:
        return
    from orchestration.channels import channels_in_use

    known = channels_in_use(load_settings())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"There is no channel {unknown[0]!r}. Channels in use: {', '.join(known)}.")
