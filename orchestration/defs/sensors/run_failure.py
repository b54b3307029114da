"""A failed run tells people, whether it was started from the UI, by a schedule or from the command line."""

from __future__ import annotations

import dagster as dg

from orchestration.gates.result_text import CRITICAL, tell, way_on
from orchestration.runs.alerts import send_alert
from orchestration.runs.run_job import first_error, is_interruption
from stores.settings import Settings, load_settings
from stores.warehouse import read_gate_state


def message(settings: Settings, run_id: str, job: str, error: str) -> tuple[str, str]:
    """Subject and text of the alert: what failed, which expectations, where the failing rows are, what readers see."""
    lines = [error.strip() or "The run ended without a message.", ""]
    state = read_gate_state(settings)
    if state and state["run_id"] == run_id:
        stopping = [one for one in state["results"] if not one["success"] and one["severity"] == CRITICAL]
        lines += [f"- {tell(one)}. {way_on(one)}" for one in stopping if not one.get("accepted_by")]
    lines += [
        "Nothing was published or sent by this run; readers still see the last good publication.",
        f"Run: http://127.0.0.1:{settings.ports.dagster}/runs/{run_id}",
    ]
    return f"Guanxi: {job} failed", "\n".join(lines)


def was_stopped(context: dg.RunFailureSensorContext) -> bool:
    """Whether somebody stopped the run by Ctrl-C, by the command line or `guanxi up`, or the machine went down."""
    run = context.instance.get_run_by_id(context.dagster_run.run_id)
    if run and run.status == dg.DagsterRunStatus.CANCELED:
        return True
    failed = context.failure_event.job_failure_data.error if context.failure_event.is_run_failure else None
    steps = [event.step_failure_data.error for event in context.get_step_failure_events()]
    return any(map(is_interruption, [failed, *steps]))


@dg.run_failure_sensor(
    name="run_failure_alert",
    minimum_interval_seconds=60,
    monitor_all_code_locations=True,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends each failed run, but none that was stopped, to the webhook and the e-mail in [guanxi.alerts].",
)
def run_failure_alert(context: dg.RunFailureSensorContext) -> None:
    """Send the alert."""
    settings = load_settings()
    run = context.dagster_run
    if was_stopped(context):
        return
    reason, _ = first_error([*context.get_step_failure_events(), context.failure_event], settings.home)
    send_alert(settings, *message(settings, run.run_id, run.job_name, reason or context.failure_event.message or ""))


@dg.definitions
def failures() -> dg.Definitions:
    """The failure sensor."""
    return dg.Definitions(sensors=[run_failure_alert])
