"""Dagster jobs run in this process, on the same instance as the UI: what the command line calls."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from orchestration.runs.storage_errors import storage_problem_in
from stores.errors import UserError
from stores.redaction.log_lines import log_line
from stores.settings import Settings

if TYPE_CHECKING:
    import dagster as dg  # importing it takes seconds, which `guanxi --help` need not wait for
    from dagster._utils.error import SerializableErrorInfo

log = logging.getLogger(__name__)

_OF_STORAGE = ("OSError", "PermissionError", "NotADirectoryError", "OperationalError", "DatabaseError", "IOException")

_INTERRUPTIONS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


@dataclass(frozen=True)
class JobOutcome:
    """What one job run did.

    Attributes:
        run_id: Dagster's id of the run, the same that the UI shows.
        success: every step went through.
        error: the first failure in one line, empty on success.
        user_error: the failure is one that the reader can fix.
        assets: metadata of what was materialized, by asset key (`raw_shop/orders`); plain Python values.
        failed_checks: asset checks that did not pass, as `asset: check`.
        interrupted: it was stopped by Ctrl-C or by the system.
    """

    run_id: str
    success: bool
    error: str = ""
    user_error: bool = False
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed_checks: list[str] = field(default_factory=list)
    interrupted: bool = False


def run_job(
    settings: Settings,
    job: str,
    as_of: date | None = None,
    full: bool = False,
    channels: list[str] | None = None,
    may_deliver: bool = False,
    tests_later: bool = False,
) -> JobOutcome:
    """Run a job of the platform here and now, to its end.

    Args:
        settings: the installation.
        job: "refresh", "ingest", "build", "resolve_identity", "deliver", "verify_lake" or
            "compact_lake".
        as_of: day to build for; None: the home's own day.
        full: rebuild even when nothing is new.
        channels: ingest only these channels, and the platform's own `operations`, without which nothing can be built;
            None: all. Everything after ingestion runs as always.
        may_deliver: whether the campaign plan that the job publishes may be carried out.
        tests_later: leave the models' own tests to the next job without this, as on made-up days; gates are checked.

    Returns:
        The outcome; a failed run does not raise.

    Raises:
        KeyboardInterrupt: it was stopped; nothing half done counts, and the next run finishes it.
    """
    scope = {
        "as_of": as_of.isoformat() if as_of else "",
        "full": full,
        "may_deliver": may_deliver,
        "tests_later": tests_later,
    }
    return _execute(settings, job, {"resources": {"run": {"config": scope}}}, channels)


def run_past_day(settings: Settings, day: date) -> JobOutcome:
    """Build a day before the current publication in a place of its own; a failed run does not raise.

    Args:
        settings: the installation.
        day: the day to build for.
    """
    from orchestration.defs.past_days import AS_OF_BUILD, PAST_DAY_OP

    config = {"ops": {PAST_DAY_OP: {"config": {"day": day.isoformat()}}}}
    # The UI counts it among the partitions that were built.
    return _execute(settings, AS_OF_BUILD, config, tags={"dagster/partition": day.isoformat()})


def _execute(
    settings: Settings,
    job: str,
    run_config: dict[str, Any],
    channels: list[str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> JobOutcome:
    from orchestration.dagster_host.instance import open_instance

    printed = settings.home / "logs" / "dbt.log"
    printed.parent.mkdir(parents=True, exist_ok=True)
    with (
        open_instance(settings) as instance,
        printed.open("a", encoding="utf-8") as log_file,
        redirect_stdout(log_file),
        _errors_to(log_file),
    ):
        definition = _definitions().resolve_job_def(job)
        result = definition.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={**run_config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            asset_selection=_without_other_channels(definition, channels),
            tags={"guanxi/started_by": "command line", **(tags or {})},
        )
        outcome = _outcome(result, settings.home)
        if outcome.interrupted:
            note_stopped(instance, outcome.run_id)
            raise KeyboardInterrupt
    return outcome


def note_stopped(instance: dg.DagsterInstance, run_id: str) -> None:
    """Keep of a run that it was stopped: somebody knows, so it is no failure that people have to be told of."""
    run = instance.get_run_by_id(run_id)
    if run:
        instance.report_run_canceled(run, "Stopped by Ctrl-C or by the system. The next run carries on.")


def is_interruption(error: SerializableErrorInfo | None) -> bool:
    """Whether an error of a run, or what caused it, is that it was stopped by Ctrl-C or by the system."""
    while error:
        if error.cls_name in _INTERRUPTIONS:
            return True
        error = error.cause
    return False


@contextmanager
def _errors_to(file: IO[str]) -> Iterator[None]:
    """Write to a file what this process and its children say on standard error, such as their own word of a Ctrl-C."""
    screen = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(screen, 2)
        os.close(screen)


@cache
def _definitions() -> dg.Definitions:
    from orchestration.definitions import defs

    return defs()


def _without_other_channels(job: dg.JobDefinition, channels: list[str] | None) -> list[dg.AssetKey] | None:
    if channels is None:
        return None
    from stores.lake.layout import RESULTS

    keys = job.asset_layer.asset_graph.executable_asset_keys
    read = {*channels, "operations", *RESULTS}
    return sorted(key for key in keys if not key.path[0].startswith("raw_") or key.path[0].removeprefix("raw_") in read)


def _outcome(result: dg.ExecuteInProcessResult, home: object) -> JobOutcome:
    assets, failed_checks = {}, []
    for event in result.all_events:
        if event.event_type_value == "ASSET_MATERIALIZATION":
            materialized = event.step_materialization_data.materialization
            values = {name: getattr(value, "value", None) for name, value in materialized.metadata.items()}
            assets[materialized.asset_key.to_user_string()] = values
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            checked = event.asset_check_evaluation_data
            if not checked.passed:
                failed_checks.append(f"{checked.asset_key.to_user_string()}: {checked.check_name}")
    error, kind = first_error(result.all_events, home)
    interrupted = kind in _INTERRUPTIONS
    is_user_error = kind == UserError.__name__
    return JobOutcome(result.run_id, result.success, error, is_user_error, assets, failed_checks, interrupted)


def first_error(events: Iterable[dg.DagsterEvent], home: object) -> tuple[str, str]:
    """The message of the first failure and the name of its class, both empty when there was none.

    Args:
        events: of a run, in their order.
        home: the data folder.
    """
    for event in events:
        if event.is_step_failure:
            error = event.step_failure_data.error
        elif event.is_run_failure and event.job_failure_data.error:
            error = event.job_failure_data.error
        else:
            continue
        while error and error.cause:
            error = error.cause
        if error:
            message = re.sub(rf"^[\w.]*{re.escape(error.cls_name or '')}: ", "", error.message.strip())
            storage = storage_problem_in(message, home) if error.cls_name in _OF_STORAGE else None
            if storage:
                return storage, UserError.__name__
            return log_line(" ".join(message.split())), error.cls_name or ""
    return "", ""
