"""Which runs live, which died without a word, and whose turn at the warehouse it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg

from orchestration.dagster_host.event_log_storage import QuickEventLogStorage
from orchestration.runs.run_presence import is_gone, presence_file
from stores.file_locks import exclusive
from stores.settings import Settings

log = logging.getLogger(__name__)

_ENDED_HARD = "Its process ended without a word (killed, or the machine went down). The next run carries on."


@contextmanager
def mark_live(settings: Settings, run_id: str) -> Iterator[None]:
    """Mark a run as alive while the block runs; the kernel takes the mark back if the process dies."""
    path = presence_file(settings, run_id)
    with ExitStack() as stack:
        stack.enter_context(exclusive(path, f"Waiting: another process is at run {run_id}"))
        yield
        path.unlink(missing_ok=True)


def fail_abandoned_runs(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Mark runs as failed whose process is gone, and free the pool slots they held.

    Without this a run that was killed would stay "started" for ever and keep the queue waiting for its pool.

    Returns:
        The ids of the runs found dead.
    """
    filters = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    abandoned = []
    for record in instance.get_run_records(filters):
        run = record.dagster_run
        if not is_gone(settings, run.run_id, record.start_time or record.create_timestamp.timestamp()):
            continue
        instance.report_run_failed(run, _ENDED_HARD)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        presence_file(settings, run.run_id).unlink(missing_ok=True)
        log.warning("Run %s was left unfinished by a process that is gone; marked as failed", run.run_id[:8])
        abandoned.append(run.run_id)
    return abandoned


def leave_checks_alone(instance: dg.DagsterInstance, run_id: str) -> None:
    """Keep the earlier results of checks that a run left out because nothing was new for them.

    A run that failed keeps its announcements: what it did not reach counts as not checked.
    """
    storage = instance.event_log_storage
    failed = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1).records
    if isinstance(storage, QuickEventLogStorage) and not failed:
        storage.forget_planned_checks(run_id)
