"""A reading of an experiment for scripts: one JSON document, and rows for a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intelligence.experiments.differences import Difference
from intelligence.experiments.reading import Comparison
from orchestration.cli import experiment_words as words
from stores.errors import UserError

if TYPE_CHECKING:
    from orchestration.trial.experiment_trial import ExperimentTrial

COLUMNS = [
    "metric", "variant", "reading", "group", "state", "control_units", "variant_units", "control", "variant_mean",
    "difference", "low", "high", "lift", "lift_low", "lift_high", "test", "statistic", "p_value", "corrected_p_value",
    "is_shown", "detectable",
]  # fmt: skip


def document(file: Path, trial: ExperimentTrial) -> dict[str, Any]:
    """All of a trial as one JSON document."""
    reading, ratio = trial.reading, trial.reading.ratio
    return {
        "file": str(file),
        "control": reading.design.control,
        "alpha": reading.design.alpha,
        "is_sequential": reading.design.sequential,
        "rows": asdict(trial.counts),
        "rejected": [{"line": row.line, "reason": row.reason} for row in trial.rejected],
        "unreadable": [
            {"column": name, "values": one.unreadable, "first_line": one.line}
            for name, one in trial.unreadable.items()
        ],
        "notes": trial.notes,
        "arms": [
            {"arm": arm, "units": units, "planned_share": ratio.expected.get(arm)}
            for arm, units in ratio.units.items()
        ],
        "sample_ratio": {"p_value": ratio.p_value, "is_alarm": ratio.is_alarm},
        "alarms": [{**asdict(one), "text": words.alarm(one, reading)} for one in reading.alarms],
        "results": [{**asdict(one), "verdict": words.verdict(one, reading)} for one in reading.comparisons],
        "explorations": [asdict(one) for one in reading.explorations],
    }  # fmt: skip


def rows(trial: ExperimentTrial) -> list[list[Any]]:
    """Every reading of every metric and variant, a row each, in the order of `COLUMNS`."""
    found = [row for one in trial.reading.comparisons for row in _rows_of(one)]
    for one in trial.reading.explorations:
        found += [
            _row(one.metric, one.variant, "exploration", group.difference, group.group, group.corrected_p_value)
            for group in one.groups
        ]
    return [[row[column] for column in COLUMNS] for row in found]


def _rows_of(one: Comparison) -> list[dict[str, Any]]:
    found = [_row(one.metric, one.variant, "plain", one.plain, "", one.corrected_p_value, one.is_shown)]
    others = {"cuped": one.cuped and one.cuped.difference, "as_sent": one.as_sent, "capped": one.capped}
    return found + [_row(one.metric, one.variant, name, other) for name, other in others.items() if other]


def _row(
    metric: str,
    variant: str,
    reading: str,
    found: Difference,
    group: str = "",
    corrected: float | None = None,
    is_shown: bool | None = None,
) -> dict[str, Any]:
    return {
        **asdict(found), "metric": metric, "variant": variant, "variant_mean": found.variant, "reading": reading,
        "group": group, "corrected_p_value": corrected, "is_shown": is_shown,
    }  # fmt: skip


def write_rows(place: Path, trial: ExperimentTrial) -> None:
    """Write `rows` as a CSV file that a spreadsheet opens.

    Raises:
        UserError: the file cannot be written.
    """
    from dashboards.spreadsheet import csv_file
    from stores.atomic_files import replacing

    try:
        with replacing(place) as draft:
            draft.write_bytes(csv_file(COLUMNS, rows(trial)))
    except OSError as error:
        raise UserError(f"{place} cannot be written: {error.strerror}.") from None
