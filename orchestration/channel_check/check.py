"""Checks channels one after the other, each in a home of its own that is thrown away."""

from __future__ import annotations

import json
import logging
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from ingestion import channels as packages
from ingestion.contract.channel import Channel
from ingestion.sampling.channel_sample import Sample, take_sample
from orchestration.channel_check.built_models import build_findings
from orchestration.channel_check.findings import PROBLEM, WARNING, ChannelReport, Finding, without_people
from orchestration.channel_check.meaning import Meaning
from orchestration.channel_check.sampled_files import checked_tables, sample_findings
from orchestration.channel_check.score_scales import scale_findings
from orchestration.channel_check.staging_build import build, make_ready
from orchestration.channel_check.staging_files import model_findings, parse_finding, source_findings, staging_folder
from orchestration.dbt import dbt_process, dbt_project
from orchestration.dbt.active_channels import names_in_use
from orchestration.seeds.seed_files import check_seeds
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.lake.layout import dataset_of
from stores.settings import Settings

ROWS = 2_000
"""Rows of a table that are read unless another number is asked for."""

# Variables that would lead a check to the installation's own keys, data or engine.
_OF_THE_INSTALLATION = ("GUANXI_KEYRING", "GUANXI_HOME", "GUANXI_PAST_DAY", "GUANXI_DBT_TARGET")
_SMALL_BYTES = 1 << 20  # files of a table that are together no larger are read whole: what belongs together is there


def check_channels(settings: Settings, names: Sequence[str], rows: int | None = None) -> Iterator[ChannelReport]:
    """Check channels; the installation is only read.

    Args:
        settings: the installation.
        names: of channels that there are.
        rows: of each table that are read; None: as many as say enough, and all of a small one, so that tables meet.

    Raises:
        UserError: the project is wrong in a place that is no channel's of these.
    """
    check_seeds(settings)
    for name in names:
        started = time.monotonic()
        report = ChannelReport(name, name in names_in_use(settings))
        with _throw_away_home(settings) as sampled:
            _check(settings, sampled, report, rows)
        report.findings = [without_people(finding, settings.country) for finding in report.findings]
        report.sort()
        report.seconds = time.monotonic() - started
        yield report


def _check(settings: Settings, sampled: Settings, report: ChannelReport, rows: int | None) -> None:
    if not report.in_use:
        text = f"{report.channel} is not in use: vars.channels of dbt_project/dbt_project.yml does not name it."
        report.findings.append(Finding(WARNING, report.channel, text, "Add the word there before you run it."))
    variables: dict[str, object] = {}
    if not report.in_use:
        variables["channels"] = [*names_in_use(settings), report.channel]
    try:
        channel = packages.load(report.channel)
    except UserError as bad:
        fix = f"Correct the contract in ingestion/channels/{report.channel}/."
        report.findings.append(Finding(PROBLEM, "contract", str(bad), fix))
        return
    has_models = any(staging_folder(settings, channel.name).glob("stg_*.sql"))
    with ThreadPoolExecutor(1) as beside:
        # dbt starts and loads the project while the rows are read
        parse = beside.submit(_parse, sampled, variables) if has_models else None
        report.findings += source_findings(settings, channel)
        try:
            sample = take_sample(settings, sampled, channel, rows or ROWS, 0 if rows else _SMALL_BYTES)
        except Exception as bad:
            report.findings.append(_failed_reading(channel, bad))
            return
        report.place = sample.place
        report.tables = checked_tables(sample)
        report.findings += sample_findings(settings, sampled, channel, sample)
        if parse:
            _check_models(settings, sampled, report, channel, sample, parse, variables)


def _failed_reading(channel: Channel, bad: Exception) -> Finding:
    """A reading that failed for the channel's settings, or in the channel's own code; any other failure is a defect."""
    place = f"ingestion/channels/{channel.name}"
    where = packages.line_in(place, bad)
    if isinstance(bad, UserError):
        return Finding(PROBLEM, channel.name, str(bad), "Correct the contract, or the section in .dlt/config.toml.")
    if where == place:
        raise bad
    text = f"{where} failed on what it was given: {type(bad).__name__}: {bad}."
    return Finding(PROBLEM, "contract", text, "Correct the code, or the file that it cannot take.", place)


def _parse(sampled: Settings, variables: Mapping[str, object]) -> Path:
    manifest = dbt_project.prepare_manifest(sampled, json.dumps(variables) if variables else "")
    make_ready(sampled, manifest)
    return manifest


def _check_models(
    settings: Settings, sampled: Settings, report: ChannelReport, channel: Channel, sample: Sample,
    parse: Future[Path], variables: Mapping[str, object],
) -> None:  # fmt: skip
    try:
        manifest = parse.result()
    except UserError as bad:
        finding = parse_finding(channel.name, str(bad))
        if finding is None:
            raise
        report.findings.append(finding)
        return
    nodes: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    report.findings += model_findings(channel.name, nodes)
    built = build(sampled, channel.name, manifest, nodes, variables)
    dataset = str(dataset_of(sampled.lake, channel.name))
    if not sampled.warehouse_path.exists():
        report.findings.append(Finding(PROBLEM, channel.name, f"dbt built nothing: {built.trouble}"))
        return
    with open_duckdb(sampled, sampled.warehouse_path, read_only=True) as warehouse:
        is_whole = all(table.is_whole for table in sample.tables.values())
        is_part = not is_whole and len(sample.tables) > 1
        report.findings += build_findings(built, channel.name, warehouse, dataset, is_part)
        meaning = Meaning(settings, channel, built, warehouse, dataset)
        report.findings += meaning.people(report)
        report.findings += meaning.findings(is_whole)
        report.findings += scale_findings(channel, built, warehouse, Path(dataset))


@contextmanager
def _throw_away_home(settings: Settings) -> Iterator[Settings]:
    """A private home with keys of its own, which is removed however the check ends."""
    before = {name: os.environ.pop(name, None) for name in _OF_THE_INSTALLATION}
    private = tempfile.TemporaryDirectory(prefix="guanxi-check-", ignore_cleanup_errors=True)
    with _removed_when_terminated(), private as folder:
        os.environ["GUANXI_HOME"] = folder
        home = {"home": Path(folder), "past_day": None, "operations_url": ""}
        try:
            yield settings.model_copy(update=home)
        except BaseException:
            dbt_process.stop()
            raise
        finally:
            del os.environ["GUANXI_HOME"]
            os.environ.update({name: value for name, value in before.items() if value is not None})


@contextmanager
def _removed_when_terminated() -> Iterator[None]:
    """Let SIGTERM end the process as Ctrl-C does: what is thrown away is thrown away then too."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        former = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def silence() -> None:
    """Write no log, and say nothing meanwhile but what takes long: what matters is in the report."""
    for name in ("ingestion", "linkage", "intelligence", "orchestration", "stores"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    parsing = logging.getLogger(dbt_project.__name__)
    parsing.handlers = [logging.StreamHandler()]  # to standard error
    parsing.setLevel(logging.INFO)
