"""`guanxi try rfm`, `tags` and `clv`: a list of purchases of one's own, in a home that is thrown away."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from orchestration.cli.session import console, open_session
from orchestration.cli.try_identity import app, check_places, pairs_of, tell_rejected
from stores.counted import counted
from stores.errors import UserError
from stores.settings import Settings

_LONGEST_HORIZON = 3 * 365
_LONGEST_WINDOW = 100 * 365

_List = Annotated[Path, typer.Argument(metavar="TX.csv", help="Orders or order lines, one a line.")]
_Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE.csv", help="Where the result goes.")]
_AsOf = Annotated[
    str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day whose end is described; later rows are left out.")
]
_Map = Annotated[
    list[str] | None,
    typer.Option("--map", "-m", metavar="COLUMN=FIELD", help="What a column means, where its name does not say."),
]
_Columns = Annotated[
    str, typer.Option("--columns", metavar="A,B,…", help="Names of the columns of a file without a header.")
]
_DateFormat = Annotated[
    str, typer.Option("--date-format", metavar="FORMAT", help="How days are written, such as %d/%m/%Y, if in doubt.")
]


@app.command("rfm")
def rfm(
    transactions: _List,
    as_of: _AsOf,
    out: _Out,
    window_days: Annotated[
        int,
        typer.Option(
            "--window-days", min=0, max=_LONGEST_WINDOW, metavar="DAYS", help="Days before --as-of that count; 0: all."
        ),
    ] = 0,
    mapping: _Map = None,
    columns: _Columns = "",
    date_format: _DateFormat = "",
) -> None:
    """Score customers by recency, frequency and monetary value.

    Reads a CSV with columns such as customer_id, order_id, ordered_at, amount; or quantity and unit_price. Writes
    customer_id, recency_days, frequency, monetary, r_score, f_score, m_score, segment. Scores are quintiles, 5 is best;
    equal values get equal scores. The models are the pipeline's own: an installation counts the last 365 days.
    """
    started, day = time.monotonic(), _day(as_of)
    with _trial(transactions, out, mapping, columns, date_format) as (settings, file, place):
        from orchestration.trial.transactions_trial import try_rfm

        found = try_rfm(settings, file, day, window_days, place)
    _tell_counted(found, time.monotonic() - started)
    console.print(f"Written: {place}", soft_wrap=True, markup=False)


@app.command("tags")
def tags(
    transactions: _List,
    as_of: _AsOf,
    out: _Out,
    mapping: _Map = None,
    columns: _Columns = "",
    date_format: _DateFormat = "",
) -> None:
    """Tag customers by the rules of the catalogue (tag_rules.csv).

    Reads the same CSV as `guanxi try rfm`. Writes customer_id, tag, value: a row for each tag that a customer has. A
    tag whose metric purchases do not tell, such as one of service or of devices, has no rows.
    """
    started, day = time.monotonic(), _day(as_of)
    with _trial(transactions, out, mapping, columns, date_format) as (settings, file, place):
        from orchestration.trial.transactions_trial import try_tags

        found = try_tags(settings, file, day, place)
    _tell_counted(found.counted, time.monotonic() - started)
    console.print(
        f"{counted(found.customers, 'customer')} with {found.rows:,} tags: {found.held} of the {found.rules} tags of "
        "the catalogue are held by somebody.",
        soft_wrap=True,
    )
    console.print(f"Written: {place}", soft_wrap=True, markup=False)


@app.command("clv")
def clv(
    transactions: _List,
    as_of: _AsOf,
    out: _Out,
    horizon_days: Annotated[
        int, typer.Option("--horizon-days", min=1, max=_LONGEST_HORIZON, metavar="DAYS", help="Days to forecast.")
    ] = 365,
    mapping: _Map = None,
    columns: _Columns = "",
    date_format: _DateFormat = "",
) -> None:
    """Forecast what each customer will buy, and whether they still are one.

    Reads the same CSV as `guanxi try rfm`. Writes customer_id, pred_transactions, pred_spend, p_alive, churn_score (the
    probability that nothing is bought in the horizon). The model is judged on the last days of the list, which it has
    not seen; where it does not beat cohort rates there, those are written, and it says so.
    """
    started, day = time.monotonic(), _day(as_of)
    with _trial(transactions, out, mapping, columns, date_format) as (settings, file, place):
        from orchestration.trial.transactions_trial import try_lifetime

        trial = try_lifetime(settings, file, day, horizon_days, place)
    _tell_counted(trial.counted, time.monotonic() - started)
    _tell_report(trial.report)
    if trial.report.published != "nothing":
        expected = f"{trial.expected_purchases:,.0f} purchases, {trial.expected_spend:,.2f} spent"
        console.print(f"Expected in {counted(horizon_days, 'day')}: {expected}.")
    console.print(f"Written: {place}", soft_wrap=True, markup=False)


@contextmanager
def _trial(
    transactions: Path, out: Path, mapping: list[str] | None, columns: str, date_format: str
) -> Iterator[tuple[Settings, Any, Path]]:
    """A home for the trial, the list as it is understood, and where the result goes."""
    transactions, out = transactions.expanduser(), out.expanduser().absolute()
    check_places(transactions, out)
    pairs = pairs_of(mapping or [])
    names = [name.strip() for name in columns.split(",")] if columns else []
    with tempfile.TemporaryDirectory(prefix="guanxi-try-") as folder:
        settings = open_session(Path(folder))
        from orchestration.dbt import dbt_process

        # dbt takes as long to start as everything else to be imported
        dbt_process.prepare(os.environ, settings.project_root)
        from orchestration.trial.transactions_file import transactions_file

        found = transactions_file(transactions, pairs, names, date_format, settings.timezone)
        taken = ", ".join(
            f"{column} → {name}" if column != name else name for name, column in found.file.fields.items()
        )
        console.print(f"[bold]{escape(transactions.name)}[/bold]: {escape(taken)}", soft_wrap=True)
        if found.file.ignored:
            unused = f"  not used: {', '.join(found.file.ignored)} (say what they are with --map)"
            console.print(unused, style="yellow", markup=False)
        for note in found.notes:
            console.print(f"  {note}", style="yellow", markup=False)
        yield settings, found, out


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as bad:
        raise UserError(f"--as-of {text}: write a day as YYYY-MM-DD, for example 2011-12-09.") from bad


def _tell_counted(found: Any, seconds: float) -> None:
    purchases = counted(found.orders, "purchase")
    console.print(f"{counted(found.customers, 'customer')} with {purchases}. {seconds:.1f} s")
    for number, noun, words in (
        (found.without_purchase, "customer", "without a purchase that was kept: no scores, no forecast"),
        (found.nobodys, "order", "without a customer: for nobody"),
        (found.later, "order", "after --as-of: left out"),
    ):
        if number:
            console.print(f"  {counted(number, noun)} {words}", style="yellow")
    for held in found.held:
        console.print(f"  {held.told}", style="yellow", markup=False, soft_wrap=True)
    tell_rejected(found.rejected)


def _tell_report(report: Any) -> None:
    if report.published == "model":
        console.print(f"Forecast by MBG/NBD and gamma-gamma: {report.reason}.", soft_wrap=True)
    elif report.published == "nothing":
        console.print(f"No forecast for --as-of: {report.reason}.", style="yellow", soft_wrap=True)
        return
    else:
        console.print(f"Forecast by cohort rates, because {report.reason}.", style="yellow", soft_wrap=True)
    if report.model:
        for words, ours, others in (
            ("purchases forecast / made", report.model.total, report.cohorts.total),
            ("share of spend of the top tenth", report.model.decile_share, report.cohorts.decile_share),
            ("deviance of purchases", report.model.deviance, report.cohorts.deviance),
            ("mean absolute error of purchases", report.model.mae, report.cohorts.mae),
        ):
            console.print(
                f"  {words}: {ours.value:.3f} ({ours.low:.3f} to {ours.high:.3f}); cohort rates {others.value:.3f}"
            )
        console.print(f"  judged on the last {report.days} days before --as-of, fitted on what came before them")
    if not report.has_ranking:
        console.print(
            "  no ranking is possible: who buys again cannot be told better than by chance, so that p_alive and "
            "churn_score are empty",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
    if report.is_correlated:
        console.print(
            f"  how often and for how much people buy go together (rank correlation {report.correlation:+.2f}): "
            "gamma-gamma takes them for independent, so that spend is less certain than purchases",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
    if report.is_seasonal:
        console.print("  the same weeks of the year before are taken into account (season factor)")
