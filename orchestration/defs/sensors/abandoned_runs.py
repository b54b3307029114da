"""Runs whose process is gone are marked as failed, so that they keep nobody waiting."""

from __future__ import annotations

import dagster as dg

from orchestration.runs.live_runs import fail_abandoned_runs
from stores.settings import load_settings


@dg.sensor(
    name="abandoned_runs",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed whose process was killed; frees what they held.",
)
def abandoned_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Look once a minute; runs from the command line do the same when they start."""
    abandoned = fail_abandoned_runs(context.instance, load_settings())
    return dg.SkipReason(f"Marked as failed: {', '.join(abandoned)}" if abandoned else "Every started run is alive.")


@dg.definitions
def abandoned() -> dg.Definitions:
    """The sensor for abandoned runs."""
    return dg.Definitions(sensors=[abandoned_runs])
