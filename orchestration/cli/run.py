"""`guanxi run`: the whole loop once."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.markup import escape

from orchestration.cli.demo_home import demo_served
from orchestration.cli.session import HomeOption, chapter, console, open_session, require
from orchestration.runs.run_job import JobOutcome, run_job, run_past_day
from stores.errors import UserError
from stores.settings import Settings, load_settings


def run(
    home: HomeOption = None,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of",
            metavar="YYYY-MM-DD",
            help="Build for this day; one before the current publication is built apart. Sends nothing.",
        ),
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Rebuild everything from the lake, even when nothing is new.")
    ] = False,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            "--channel",
            "-c",
            metavar="CHANNEL",
            help="Read only this channel (may be given several times). Default: all.",
        ),
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

    Exit code 0: done (also when there was nothing new); 1: a step or a gate failed, nothing new was published, or a
    campaign or journey file is wrong, so that nothing of it was sent; 2: wrong arguments or configuration.
    """
    from orchestration.runs.preflight import check_configuration

    settings = open_session(home, makes_home=True, changes=True)
    check_channels(channel)
    from orchestration.runs.business_day import choose_day

    chosen = choose_day(settings, as_of, "--as-of")
    mistakes = check_configuration(settings)
    if chosen.is_apart:
        build_past_day(settings, chosen.day, channel)
        return
    with demo_served(settings) as settings:
        refreshed, delivered = refresh_and_deliver(settings, chosen.day if as_of else None, full, channel, send)
    from orchestration.cli.summary import print_mistakes, print_run

    print_run(settings, refreshed, delivered)
    print_mistakes(mistakes)
    if mistakes or not refreshed.success or (delivered and not delivered.success):
        raise typer.Exit(1)


def build_past_day(settings: Settings, day: date, channels: list[str] | None) -> None:
    """Build a day before the current publication in a place of its own, and say how to look at it.

    Raises:
        UserError: channels were named, which such a build does not read; or the build failed for a reason that the
            reader can fix.
        typer.Exit: the build failed otherwise.
    """
    if channels:
        raise UserError(
            f"{day} lies before the current publication and is built from what the lake holds, so --channel has no "
            "meaning here. Leave it out."
        )
    with chapter(f"{day}, apart from the current publication"):
        require(run_past_day(settings, day))
    folder = settings.past_day_folder(day)
    console.print(
        f"Built [bold]{day}[/bold] in {escape(str(folder))}. Nothing was sent; readers see what they saw.\n"
        f"Look at it with `GUANXI_PAST_DAY={day} guanxi status`, or `GUANXI_PAST_DAY={day} guanxi up --app-only`.",
        soft_wrap=True,
    )


def refresh_and_deliver(
    settings: Settings, day: date | None, full: bool, channels: list[str] | None, send: bool
) -> tuple[JobOutcome, JobOutcome | None]:
    """Refresh, then deliver if the refresh went through.

    Raises:
        UserError: the run failed for a reason that the reader can fix.
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


def check_channels(names: list[str] | None) -> None:
    """Refuse channels that are not in use.

    Raises:
        UserError: an unknown name.
    """
    if not names:
        return
    from orchestration.dbt.active_channels import channels_in_use

    known = channels_in_use(load_settings())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"There is no channel {unknown[0]!r}. Channels in use: {', '.join(known)}.")
