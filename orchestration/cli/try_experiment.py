"""`guanxi try experiment`: an experiment of one's own, read from a file with one row a unit."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestration.cli.experiment_report import tell_reading
from orchestration.cli.session import JsonOption, console, open_session, print_json
from orchestration.cli.several_values import SeveralValues
from orchestration.cli.try_identity import app, check_places, tell_rejected
from stores.counted import counted
from stores.errors import UserError

if TYPE_CHECKING:
    from orchestration.trial.experiment_trial import ExperimentTrial

_SHARES_SUM = 0.001


@app.command("experiment", cls=SeveralValues)
def experiment(
    units: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header and one row a unit; also gzipped.")],
    variant: Annotated[str, typer.Option("--variant", metavar="COLUMN", help="The column with the arm of each unit.")],
    control: Annotated[str, typer.Option("--control", metavar="VALUE", help="The arm that others are compared with.")],
    metrics: Annotated[
        list[str], typer.Option("--metric", metavar="COLUMN…", help="What is compared: yes or no, or a number.")
    ],
    unit: Annotated[
        str, typer.Option("--unit", metavar="COLUMN", help="What identifies a unit, so that repeated ones are found.")
    ] = "",
    expected: Annotated[
        list[str] | None,
        typer.Option("--expected", metavar="VALUE=SHARE…", help="Planned share of each arm; equal shares by default."),
    ] = None,
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            "--covariate",
            metavar="COLUMN=METRIC…",
            help="Known before the assignment, to make a metric less noisy (CUPED); without =METRIC for all.",
        ),
    ] = None,
    sent: Annotated[
        str, typer.Option("--sent", metavar="COLUMN", help="Whether a unit was sent something: read beside.")
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help="Groups to explore; a hint, never a result.")] = "",
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Intervals that hold at every look, for a test that still runs.")
    ] = False,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0.0001, max=0.5, metavar="SHARE", help="Level of the tests.")
    ] = 0.05,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE.csv", help="Also write every figure, a row a reading.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read an experiment: what differs between the arms, how surely, and whether the experiment can be trusted.

    Yes and no are 1 and 0, true and false, 是 and 否. Missing values are counted and left out of their metric. Alarms
    come first: arms that are not as large as planned, units in two arms, values missing in one arm, a covariate that
    differs. How large an experiment must be says `guanxi experiment size`.
    """
    started = time.monotonic()
    units, out = units.expanduser(), out and out.expanduser().absolute()
    check_places(units, out)
    with tempfile.TemporaryDirectory(prefix="guanxi-try-") as folder:
        settings = open_session(Path(folder), for_script=as_json)
        from intelligence.experiments.reading import Design
        from orchestration.cli.experiment_documents import document, write_rows
        from orchestration.trial.experiment_trial import Asked, try_experiment

        metrics = [name.strip() for name in metrics]
        design = Design(control.strip(), _shares(expected or []), alpha, sequential)
        covariate_of = _covariates(covariates or [], metrics)
        trial = try_experiment(settings, units, Asked(variant, metrics, design, unit, covariate_of, sent, by))
    if as_json:
        print_json(document(units, trial))
    else:
        _tell_file(units, variant, unit, trial, time.monotonic() - started)
        tell_reading(trial.reading)
    if out:
        write_rows(out, trial)
        if not as_json:
            console.print(f"Written: {out}", soft_wrap=True, markup=False)


def _shares(texts: list[str]) -> dict[str, float]:
    """What `--expected VALUE=SHARE` says.

    Raises:
        UserError: a text is no such pair, or the shares do not sum to 1 or 100.
    """
    shares: dict[str, float] = {}
    for text in texts:
        arm, equals, number = text.rpartition("=")
        try:
            share = float(number.strip().removesuffix("%"))
        except ValueError:
            share = 0.0
        if not equals or not arm.strip() or not 0 < share <= 100:
            raise UserError(f"--expected {text}: write VALUE=SHARE, for example --expected control=0.5.")
        if arm.strip() in shares:
            raise UserError(f"--expected {text}: {arm.strip()} has a share already. Keep one.")
        shares[arm.strip()] = share
    total = sum(shares.values())
    if shares and min(abs(total - 1), abs(total - 100)) > _SHARES_SUM * max(total, 1):
        raise UserError(f"--expected: the shares sum to {total:g}. They must sum to 1, or to 100.")
    return shares


def _covariates(texts: list[str], metrics: list[str]) -> dict[str, str]:
    """What `--covariate COLUMN[=METRIC]` says: metric to covariate.

    Raises:
        UserError: no such metric, or two covariates for one.
    """
    found: dict[str, str] = {}
    for text in texts:
        column, equals, metric = (part.strip() for part in text.rpartition("="))
        column, chosen = (column, [metric]) if equals else (metric, metrics)
        if not column or (equals and metric not in metrics):
            raise UserError(f"--covariate {text}: write COLUMN or COLUMN=METRIC; metrics are {', '.join(metrics)}.")
        for one in chosen:
            if one in found:
                raise UserError(f"--covariate {text}: {one} has the covariate {found[one]} already. Keep one.")
            found[one] = column
    return found


def _tell_file(file: Path, variant: str, unit: str, trial: ExperimentTrial, seconds: float) -> None:
    reading, counts = trial.reading, trial.counts
    sizes = ", ".join(
        f"{escape(arm)} {units:,}{' (control)' if arm == reading.design.control else ''}"
        for arm, units in reading.ratio.units.items()
    )
    console.print(
        f"[bold]{escape(file.name)}[/bold]: {counted(counts.units, 'unit')} by {escape(variant)}: {sizes}. "
        f"{seconds:.1f} s",
        soft_wrap=True,
    )
    if not unit:
        console.print("  every row was taken for a unit of its own; --unit COLUMN finds those that repeat", style="dim")
    for number, noun, said in (
        (counts.without_arm, "row", "without an arm: left out"),
        (counts.without_unit, "row", "without a unit: left out"),
        (counts.repeated, "row", "repeated word for word: counted once"),
        (counts.contaminated, "unit", "in more than one arm (contamination): left out"),
    ):
        if number:
            console.print(f"  {counted(number, noun)} {said}", style="yellow")
    for name, one in trial.unreadable.items():
        first = f"first in line {one.line}: {one.text!r}"
        console.print(
            f"  {name}: {counted(one.unreadable, 'value')} cannot be read and counted as missing, {first}",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    for note in trial.notes:
        console.print(f"  {note}", style="yellow", markup=False, soft_wrap=True)
    tell_rejected(trial.rejected)
