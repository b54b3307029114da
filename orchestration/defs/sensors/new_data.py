"""New data in the lake starts a build: models, gates, publication."""

from __future__ import annotations

import dagster as dg

from orchestration.dbt.build_fingerprint import (
    is_current,
    loads_fingerprint,
    published_fingerprint,
    work_fingerprint,
)
from orchestration.defs.schedules import DELIVERABLE, build
from orchestration.runs.business_day import home_day
from stores.lake.reader import recorded_everywhere
from stores.settings import load_settings

_BUSY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
_BUILDERS = {"refresh", "build", "resolve_identity", "ingest"}


@dg.sensor(
    name="new_data",
    job=build,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts a build when the lake holds loads that the publication does not know. One at a time.",
)
def new_data(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for one build for each state of the lake; a build that failed is not tried again on the same data."""
    settings = load_settings()
    if settings.build_saved_files:
        wanted = work_fingerprint(settings, home_day(settings))
        is_known = is_current(settings, wanted)
    else:
        wanted = loads_fingerprint(settings)
        is_known = published_fingerprint(settings).endswith(f"-{wanted}")
    if wanted == context.cursor or is_known:
        return dg.SkipReason("The publication knows everything that the lake holds.")
    if not recorded_everywhere(settings.lake):
        return dg.SkipReason("The lake is empty.")
    busy = context.instance.get_runs(dg.RunsFilter(statuses=_BUSY))
    if any(run.job_name in _BUILDERS for run in busy):
        return dg.SkipReason("A run is under way.")
    request = dg.RunRequest(run_key=wanted, run_config=DELIVERABLE)
    return dg.SensorResult(run_requests=[request], cursor=wanted)


@dg.definitions
def lake() -> dg.Definitions:
    """The new-data sensor."""
    return dg.Definitions(sensors=[new_data])
