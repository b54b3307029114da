"""The numbers of an installation: counts, ages and states, and nothing that is about one person."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import duckdb
import sqlalchemy as sa

from ingestion.quarantine.listing import WAITING, quarantine_groups
from orchestration.dagster_host.run_history import count_runs
from orchestration.dbt.active_channels import names_in_use
from orchestration.health.metric import Metric
from stores import operations
from stores.errors import UserError
from stores.lake.layout import dataset_of, recorded_loads
from stores.publication_files.tables import tables_of
from stores.settings import Settings
from stores.warehouse import current_publication, read_gate_state

log = logging.getLogger(__name__)
_UNREADABLE = (UserError, OSError, duckdb.Error, sa.exc.SQLAlchemyError, ValueError)


def metrics(settings: Settings) -> list[Metric]:
    """Everything that can be read now; what cannot is left out, and `guanxi_readable` says so.

    Args:
        settings: the installation.
    """
    sources: dict[str, Callable[[Settings], list[Metric]]] = {
        "publication": _publication,
        "gates": _gates,
        "lake": _loads,
        "quarantine": _quarantine,
        "operations": _deliveries,
        "runs": _runs,
    }
    readable = Metric("guanxi_readable", "Whether what these metrics are read from could be read (1) or not (0).")
    found: list[Metric] = [readable]
    for name, read in sources.items():
        try:
            if not settings.home.is_dir():
                # a store that is not there reads as one that was never made
                raise UserError(f"There is no data folder {settings.home}.")
            found += read(settings)
            readable.add(1, source=name)
        except _UNREADABLE as unreadable:
            log.warning("Metrics of %s cannot be read: %s", name, unreadable)
            readable.add(0, source=name)
    return found


def _publication(settings: Settings) -> list[Metric]:
    age = Metric("guanxi_publication_age_seconds", "How long ago what readers see was published.")
    deliverable = Metric("guanxi_publication_may_deliver", "Whether its campaign plan may be carried out.")
    rows = Metric("guanxi_published_rows", "Rows of each published table.")
    publication = current_publication(settings)
    if publication:
        age.add(max(0.0, time.time() - publication.published_at.timestamp()))
        deliverable.add(publication.may_deliver)
        for table in tables_of(settings, publication.path):
            rows.add(table.rows, schema=table.schema, table=table.name)
    return [age, deliverable, rows]


def _gates(settings: Settings) -> list[Metric]:
    passed = Metric("guanxi_gates_passed", "Whether the quality gates let the last build through.")
    failed = Metric("guanxi_gate_checks_failed", "Checks of the gates that failed in the last build.")
    state = read_gate_state(settings)
    if state:
        passed.add(state["outcome"] != "failed")
        for severity in ("critical", "warning"):
            failed.add(
                sum(1 for one in state["results"] if not one["success"] and one["severity"] == severity),
                severity=severity,
            )
    return [passed, failed]


def _loads(settings: Settings) -> list[Metric]:
    age = Metric("guanxi_channel_load_age_seconds", "How long ago a channel last brought anything new.")
    for name in names_in_use(settings):
        loads = recorded_loads(dataset_of(settings.lake, name))
        if loads:
            age.add(max(0.0, time.time() - max(map(float, loads))), channel=name)
    return [age]


def _quarantine(settings: Settings) -> list[Metric]:
    waiting = Metric("guanxi_quarantine_waiting_rows", "Rows that wait in quarantine for a fix.")
    for name in names_in_use(settings):
        waiting.add(0, channel=name)
    for group in quarantine_groups(settings):
        if group.state == WAITING:
            waiting.increase(group.rows, channel=group.channel)
    return [waiting]


def _deliveries(settings: Settings) -> list[Metric]:
    messages = Metric("guanxi_messages", "Messages of the delivery ledger by state, over all time.")
    waiting = Metric("guanxi_messages_waiting", "Messages that wait to be sent, by destination.")
    if operations.exists(settings):
        table = operations.deliveries
        counted = sa.select(table.c.destination, table.c.state, sa.func.count()).group_by("destination", "state")
        with operations.reading(operations.engine(settings)) as connection:
            for row in connection.execute(counted):
                destination, state, count = str(row[0]), str(row[1]), int(row[2])
                messages.increase(count, state=state)
                waiting.increase(count if state in operations.WAITING_STATES else 0, destination=destination)
    return [messages, waiting]


def _runs(settings: Settings) -> list[Metric]:
    runs = Metric("guanxi_runs", "Runs in Dagster's history by job and state.")
    ended = Metric("guanxi_run_end_age_seconds", "How long ago a job last ended in a state.")
    for one in count_runs(settings):
        runs.add(one.count, job=one.job, state=one.status)
        if one.last_ended:
            ended.add(max(0.0, time.time() - one.last_ended), job=one.job, state=one.status)
    return [runs, ended]
