"""An experiment in a file: its units, the sums of each arm, and the reading of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingestion.contract.currency_signs import currencies_of
from ingestion.contract.table import header_key
from ingestion.readers.parsed_file import BrokenRow
from intelligence.experiments.aggregation import MetricColumns, UnitColumns, aggregate
from intelligence.experiments.reading import Design, ExperimentReading, read_experiment
from orchestration.trial.experiment_file import Cells, read_cells
from orchestration.trial.experiment_units import UNITS, Counts, make_units
from orchestration.trial.experiment_values import ReadColumn, read_columns, with_meanings
from stores.counted import counted
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.redaction.text_redaction import redact
from stores.settings import Settings

# A column with more values is no column of arms, or of groups that anybody could look through.
MOST_ARMS = 20
MOST_GROUPS = 20
_NAMED = 12


@dataclass(frozen=True)
class Asked:
    """What is to be read.

    Attributes:
        arm: the column with the arm (variant) of each unit.
        metrics: columns of yes and no or of numbers.
        design: control, planned shares, level, whether it is read before its end.
        unit: the column that identifies a unit; empty where every row is one.
        covariates: metric to the column of its covariate.
        sent: column that says whether a unit was sent something; empty where that is not known.
        by: column of groups to explore; empty without any.
    """

    arm: str
    metrics: Sequence[str]
    design: Design
    unit: str = ""
    covariates: Mapping[str, str] = field(default_factory=dict)
    sent: str = ""
    by: str = ""

    @property
    def options(self) -> dict[str, str]:
        """Each column that is needed, to the option that asks for it."""
        single = {self.arm: "--variant", self.unit: "--unit", self.sent: "--sent", self.by: "--by"}
        several = dict.fromkeys(self.covariates.values(), "--covariate") | dict.fromkeys(self.metrics, "--metric")
        return {name: option for name, option in {**several, **single}.items() if name}


@dataclass(frozen=True)
class ExperimentTrial:
    """What came out of it.

    Attributes:
        reading: the reading.
        counts: what became of the rows.
        rejected: lines that are no rows.
        unreadable: column to how it was read, of those in which some values cannot be read and count as missing.
        notes: what somebody should look at.
    """

    reading: ExperimentReading
    counts: Counts
    rejected: list[BrokenRow]
    unreadable: dict[str, ReadColumn]
    notes: list[str]


def try_experiment(settings: Settings, path: Path, asked: Asked) -> ExperimentTrial:
    """Read the experiment of a file.

    Args:
        settings: of an empty home.
        path: CSV, one row a unit.
        asked: what is to be read.

    Raises:
        UserError: the file, a column, a value or the control is not what it should be.
    """
    _refuse_double_use(asked)
    with open_duckdb(settings) as connection:
        cells = read_cells(connection, path, asked.options, asked.unit)
        home = currencies_of(settings.country)
        columns = {
            name: cells.columns[name] for name in [*_value_columns(asked), *([asked.sent] if asked.sent else [])]
        }
        read = read_columns(connection, path, columns, home, {asked.sent: "--sent"})
        counts = _units(connection, path, asked, cells, read, home)
        arms = _arms(connection, path, asked)
        if asked.by:
            _refuse_too_many_groups(connection, path, asked.by)
        metric_columns = [_metric(name, asked, read) for name in asked.metrics]
        units = UnitColumns("arm", "sent" if asked.sent else "", "unit_group" if asked.by else "")
        assigned, metrics = aggregate(connection, UNITS, units, metric_columns)
    reading = read_experiment(assigned, metrics, asked.design, counts.contaminated)
    notes = [
        *cells.notes,
        *_not_known(asked, read, counts),
        *(one.note for one in read.values() if one.note),
        *_alike(arms),
    ]
    unreadable = {name: one for name, one in read.items() if one.unreadable}
    return ExperimentTrial(reading, counts, cells.rejected, unreadable, notes)


def _not_known(asked: Asked, read: Mapping[str, ReadColumn], counts: Counts) -> list[str]:
    """What is said of rows in which it is not known whether the unit was sent something."""
    rows = counts.rows - read[asked.sent].values + read[asked.sent].unreadable if asked.sent else 0
    return [f"{asked.sent}: not known of {counted(rows, 'row')}, counted as not sent"] if rows else []


def _value_columns(asked: Asked) -> list[str]:
    return list(dict.fromkeys([*asked.metrics, *asked.covariates.values()]))


def _refuse_double_use(asked: Asked) -> None:
    """Refuse a column that is asked for as two things: one of them is a mistake.

    Raises:
        UserError: names the column.
    """
    uses = [("--variant", asked.arm), ("--unit", asked.unit), ("--sent", asked.sent), ("--by", asked.by)]
    uses += [("--metric", name) for name in asked.metrics]
    uses += [("--covariate", name) for name in set(asked.covariates.values())]
    taken: dict[str, str] = {}
    for option, name in uses:
        key = header_key(name)
        if key and key in taken:
            raise UserError(f"{option} {name}: the column is used twice, {taken[key]} names it too.")
        taken[key] = option


def _units(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    asked: Asked,
    cells: Cells,
    read: Mapping[str, ReadColumn],
    home: Sequence[str],
) -> Counts:
    values = {f"value_of_{read[name].column}": read[name].value for name in _value_columns(asked)}
    if asked.sent:
        values["sent"] = f"coalesce({read[asked.sent].value}, 0) = 1"
    relation = with_meanings([one.column for one in read.values() if not one.is_plain], home)
    group = cells.columns[asked.by] if asked.by else ""
    unit = cells.columns[asked.unit] if asked.unit else ""
    return make_units(connection, path, relation, cells.columns[asked.arm], unit, values, group)


def _metric(name: str, asked: Asked, read: Mapping[str, ReadColumn]) -> MetricColumns:
    covariate = asked.covariates.get(name, "")
    covariate_value = f"value_of_{read[covariate].column}" if covariate else ""
    return MetricColumns(name, f"value_of_{read[name].column}", read[name].is_share, covariate, covariate_value)


def _arms(connection: duckdb.DuckDBPyConnection, path: Path, asked: Asked) -> list[str]:
    """The arms of the file.

    Raises:
        UserError: there are none or too many, the control is none of them, or the plan lacks one.
    """
    found = connection.execute(f"select arm, count(*) from {UNITS} group by arm order by arm").fetchall()
    arms = [arm for arm, _ in found]
    column, control, planned = asked.arm, asked.design.control, asked.design.expected
    if not arms:
        raise UserError(f"{path}: no row names an arm in column {column}, or every unit is in several.")
    if len(arms) > MOST_ARMS:
        raise UserError(
            f"{path}: --variant {column}: {len(arms):,} different values; an experiment has {MOST_ARMS} arms at most."
        )
    there = ", ".join(redact(arm) for arm in arms[:_NAMED])
    if control not in arms and control not in planned:
        raise UserError(f"{path}: --control {control}: no unit is in that arm. The arms in {column} are: {there}.")
    beyond = [arm for arm in arms if planned and arm not in planned]
    if beyond:
        raise UserError(
            f"{path}: --expected gives no share for {redact(beyond[0])}. The arms in {column} are: {there}."
        )
    return arms


def _refuse_too_many_groups(connection: duckdb.DuckDBPyConnection, path: Path, by: str) -> None:
    groups = int(connection.execute(f"select count(distinct unit_group) from {UNITS}").fetchall()[0][0])
    if groups > MOST_GROUPS:
        raise UserError(
            f"{path}: --by {by}: {groups:,} different values; at most {MOST_GROUPS} groups are looked at. Make groups "
            "of them first."
        )


def _alike(arms: Sequence[str]) -> list[str]:
    """Arms that are told apart by letter case, width or blanks alone."""
    keys = [header_key(arm) for arm in arms]
    return [
        f"{redact(arm)} and {redact(arms[keys.index(key)])} are taken for two arms"
        for arm, key in zip(arms, keys, strict=True)
        if arms[keys.index(key)] != arm
    ]
