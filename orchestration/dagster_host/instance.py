"""The Dagster instance of one installation: `home/dagster`, the same for the command line, the UI and the daemon."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from stores.atomic_files import replacing
from stores.settings import Settings

if TYPE_CHECKING:
    import dagster as dg  # importing it takes seconds, for which the process that only starts others need not wait

_CONFIG = """\
# Written by Guanxi; settings belong in .dlt/config.toml.
telemetry:
  enabled: false
event_log_storage:
  module: orchestration.dagster_host.event_log_storage
  class: QuickEventLogStorage
  config:
    base_dir: {event_log}
run_storage:
  module: orchestration.dagster_host.redacted_storage
  class: RedactedRunStorage
  config:
    base_dir: {history}
schedule_storage:
  module: orchestration.dagster_host.redacted_storage
  class: RedactedScheduleStorage
  config:
    base_dir: {schedules}
run_coordinator:
  module: dagster._core.run_coordinator.queued_run_coordinator
  class: QueuedRunCoordinator
  config:
    # Somebody who materializes a channel waits for this; Dagster's own is 5.
    dequeue_interval_seconds: 2
concurrency:
  pools:
    # One run at a time builds the warehouse; the others wait in the queue. The lock behind it
    # (stores.warehouse_lock) also holds for runs that do not come from the queue.
    default_limit: 1
    granularity: run
# Nothing here is materialized by conditions: jobs, schedules and sensors say when.
auto_materialize:
  enabled: false
  use_sensors: false
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  free_slots_after_run_end_seconds: 30
# A run whose process died is tried again where its schedule says so; one whose step failed is for people to look at.
run_retries:
  enabled: true
  max_retries: 0
  retry_on_asset_or_op_failure: false
retention:
  schedule:
    purge_after_days: 30
  sensor:
    purge_after_days: {{skipped: 2, failure: 14, success: 30, started: 2}}
"""


def dagster_home(settings: Settings) -> Path:
    """The folder, with its `dagster.yaml` brought up to date."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    folders = {name: json.dumps(str(home / name)) for name in ("event_log", "history", "schedules")}
    wanted = _CONFIG.format(**folders)
    if not config.exists() or config.read_text(encoding="utf-8") != wanted:
        with replacing(config) as draft:
            draft.write_text(wanted, encoding="utf-8")
    return home


def process_environment(settings: Settings) -> dict[str, str]:
    """What a process needs to work on this installation: data folder, Dagster's home, no telemetry."""
    return {
        "GUANXI_HOME": str(settings.home),
        "DAGSTER_HOME": str(dagster_home(settings)),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        # How often Dagster looks for runs to try again, and for assets that are overdue; its own are 5 and 30 seconds.
        "DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "60",
        "FRESHNESS_DAEMON_INTERVAL_SECONDS": "300",
    }


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance; close it (it is a context manager) when done."""
    import dagster as dg

    os.environ.update(process_environment(settings))
    return dg.DagsterInstance.get()
