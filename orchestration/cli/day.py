"""`guanxi day`: which business day this home is at."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json


def day(
    move_to: Annotated[
        str, typer.Argument(metavar="today|YYYY-MM-DD", help="Follow today, or fix the home on a day.")
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which day this home is at, or change it.

    A home follows today, or is fixed on a day: its first publication decides. The next `guanxi run` builds for it.
    """
    settings = open_session(home, changes=bool(move_to), for_script=as_json)
    from orchestration.runs import business_day

    if move_to:
        target = None if move_to == "today" else business_day.parse_day(move_to, settings)
        business_day.move_to(settings, target)
    fixed = business_day.fixed_day(settings)
    if as_json:
        print_json({"data_folder": settings.home, "fixed_day": fixed, "next_day": fixed or settings.today()})
        return
    said = f"fixed on [bold]{fixed}[/bold]; nothing is sent" if fixed else "following today"
    console.print(f"{settings.home} is {said}. The next `guanxi run` builds for {fixed or settings.today()}.")
