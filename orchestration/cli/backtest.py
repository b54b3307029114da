"""`guanxi backtest segment`: who was in a segment on past days, and what they did afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.cli.progress_bar import progress_bar
from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json
from stores.counted import counted
from stores.errors import UserError

_MEASURES = "recency_days, purchases, spend_percent, tenure_days"
app = typer.Typer(no_args_is_help=True, help="Look back (回测): who would have been chosen then, and what they did.")


@app.callback()
def backtest() -> None:
    """Look back (回测): who would have been chosen then, and what they did afterwards."""


@app.command("segment")
def segment(
    name: Annotated[str, typer.Argument(help="The segment, as its model is called without `segment_`.")],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day that is looked at.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day that may be looked at.")],
    every: Annotated[int, typer.Option(min=1, max=366, metavar="DAYS", help="Days from one to the next.")] = 7,
    after_days: Annotated[
        int, typer.Option(min=1, max=366, metavar="DAYS", help="How many days after each of them count.")
    ] = 30,
    match_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEASURE", help=f"Compare with customers who were alike in this; may be repeated. All: {_MEASURES}."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE.csv", help="Write a row for each day.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who was in a segment on past days, and what they did afterwards, against comparable customers.

    Builds the segment as of each day, in a temporary place; nothing of the installation changes. Says who joined and
    left, and what members did in the days after: buyers, purchases, net revenue, interactions of their own, opt-outs;
    beside customers who were no members and alike in when, how often and for how much they had bought, and since when
    they are known. It is an observation, no experiment: members differ from others in more than that.

    For example `guanxi backtest segment high_value --from 2026-03-01 --to 2026-05-31`.
    """
    settings = open_session(home, changes=True, for_script=as_json)
    from orchestration.backtest import segment_backtest
    from orchestration.backtest.day_builds import SegmentProject
    from orchestration.backtest.matching import MEASURES
    from orchestration.backtest.period import chosen_period
    from orchestration.cli import backtest_report
    from orchestration.runs.business_day import parse_day

    measures = tuple(dict.fromkeys(match_on or MEASURES))
    for one in measures:
        if one not in MEASURES:
            raise UserError(f"--match-on {one!r}: choose of {', '.join(MEASURES)}.")
    if out and out.is_dir():
        raise UserError(f"--out {out} is a folder. Name a file.")
    days = parse_day(first, settings, "--from"), parse_day(last, settings, "--to")
    period = chosen_period(settings, *days, every, after_days)
    plan = SegmentProject.of(settings).plan(name)
    cost = segment_backtest.cost(settings, plan, period)
    screen = Console(stderr=True, highlight=False) if as_json else console
    screen.print(backtest_report.cost_line(cost), soft_wrap=True)
    with progress_bar("Building", len(period.days) + 2, screen) as tell:
        found = segment_backtest.backtest(settings, name, plan, period, measures, tell)
    if out:
        backtest_report.write_csv(found, out)
    if as_json:
        print_json(backtest_report.document(found))
        return
    for part in backtest_report.parts(found, console.width):
        console.print(part, soft_wrap=isinstance(part, str))
    if out:
        console.print(f"{counted(len(found.days), 'day')} written to {out}.", markup=False, soft_wrap=True)
