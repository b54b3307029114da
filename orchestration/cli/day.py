"""`guanxi day`: which business day this home is at."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, console, open_session


def day(
    move_to: Annotated[
        str, typer.Argument(metavar="today|YYYY-MM-DD", help="Follow today, or fix the home on a day.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Show which day this home is at, or change it.

    A home follows today, or is fixed on a day: its first publication decides. The next `guanxi run` builds for it.
    """
    settings = open_session(home, changes=bool(move_to))
    from orchestration.runs import business_day

    if move_to:
        target = None if move_to == "today" else business_day.parse_day(move_to, settings)
        business_day.move_to(settings, target)
    fixed = business_day.fixed_day(settings)
    said = f"fixed on [bold]{fixed}[/bold]; nothing is sent" if fixed else "following today"
    console.print(f"{settings.home} is {said}. The next `guanxi run` builds for {fixed or settings.today()}.")
