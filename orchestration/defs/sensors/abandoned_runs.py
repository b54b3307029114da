"""Runs whose process is gone are marked as failed, so that they keep nobody waiting."""

from __future__ import annotations

import dagster as dg

from orchestration.dagster_host.run_history import UNDER_WAY, has_runs
from orchestration.runs.live_runs import fail_abandoned_runs
from stores.settings import load_settings


@dg.sensor(
    name="abandoned_runs",
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed whose process was killed; frees what they held.",
)
def abandoned_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Look every two minutes; runs from the command line do the same when they start."""
    settings = load_settings()
    if not has_runs(settings, UNDER_WAY):
        return dg.SkipReason("No run is under way.")
    abandoned = fail_abandoned_runs(context.instance, settings)
    return dg.SkipReason(f"Marked as failed: {', '.join(abandoned)}" if abandoned else "Every started run is alive.")


@dg.definitions
def abandoned() -> dg.Definitions:
    """The sensor for abandoned runs."""
    return dg.Definitions(sensors=[abandoned_runs])
