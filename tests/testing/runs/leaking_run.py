"""Processes in which something fails with somebody's number in its message; run by test_redacted_storage."""

import logging
import sys
import time
from pathlib import Path

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._daemon.types import DaemonHeartbeat
from dagster._utils.error import SerializableErrorInfo

from stores.settings import load_settings

SECRETS = ("13912345678", "wang@fabrikam.cn")
LEAK = f"cannot read {SECRETS[0]} of {SECRETS[1]}"


@dg.asset
def leaking(context: dg.AssetExecutionContext) -> None:
    """Logs a number, and fails with it in an error and in that error's cause."""
    context.log.warning(LEAK)
    logging.getLogger("a.library").error(LEAK)
    try:
        int(SECRETS[0] + "x")
    except ValueError as cause:
        raise RuntimeError(LEAK) from cause


@dg.asset_check(asset="leaking")
def leaking_check() -> dg.AssetCheckResult:
    """Says a number in its description and in its metadata."""
    metadata = {"text": LEAK, "md": dg.MetadataValue.md(LEAK), "json": dg.MetadataValue.json({LEAK: [{"deep": LEAK}]})}
    return dg.AssetCheckResult(passed=False, description=LEAK, metadata=metadata)


@dg.asset
def told() -> dg.MaterializeResult[None]:
    """Says a number in what it materialized."""
    return dg.MaterializeResult(metadata={"text": LEAK, "rows": 138})


@dg.op
def observed(context: dg.OpExecutionContext) -> None:
    """Says a number in an observation and in an expectation, and wants to be tried again for another."""
    context.log_event(dg.AssetObservation("told", description=LEAK, metadata={"text": LEAK}))
    context.log_event(dg.ExpectationResult(success=False, description=LEAK, metadata={"text": LEAK}))
    raise dg.Failure(description=LEAK, metadata={"text": LEAK})


@dg.op
def said(_: dg.OpExecutionContext) -> None:
    """Fails with a description."""
    raise dg.Failure(description=LEAK)


@dg.job
def said_job() -> None:
    """Failing ops."""
    said()
    observed()


@dg.sensor(job=said_job)
def leaking_sensor(_: dg.SensorEvaluationContext) -> None:
    """Fails at every tick."""
    raise RuntimeError(LEAK)


def run_assets_and_sensor(home: Path) -> None:
    """A failing run of an asset and of an op, and a failing tick, on the instance of a data folder."""
    from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus
    from dagster._utils.error import serializable_error_info_from_exc_info

    import orchestration.definitions  # noqa: F401  # every process of Dagster loads it
    from orchestration.dagster_host.instance import open_instance

    with open_instance(load_settings(home=home)) as instance:
        dg.materialize([leaking], instance=instance, raise_on_error=False)
        dg.materialize([told], instance=instance, raise_on_error=False)
        checks = dg.Definitions(assets=[leaking], asset_checks=[leaking_check])
        only_check = dg.define_asset_job("only_check", selection=dg.AssetSelection.checks(leaking_check))
        dg.Definitions(assets=checks.assets, asset_checks=checks.asset_checks, jobs=[only_check]).resolve_job_def(
            "only_check"
        ).execute_in_process(instance=instance, raise_on_error=False)
        said_job.execute_in_process(instance=instance, raise_on_error=False)
        tick = instance.create_tick(
            TickData(
                "origin", "leaking_sensor", InstigatorType.SENSOR, TickStatus.STARTED, time.time(), selector_id="s"
            )
        )
        try:
            leaking_sensor(dg.build_sensor_context(instance=instance))
        except RuntimeError:
            error = serializable_error_info_from_exc_info(sys.exc_info())
            logging.getLogger("dagster.daemon.SensorDaemon").exception("Sensor daemon caught an error")
            instance.update_tick(tick.with_status(TickStatus.FAILURE, error=error))
            keep_errors_of_daemons(instance, error)


def keep_errors_of_daemons(instance: dg.DagsterInstance, error: SerializableErrorInfo) -> None:
    """A back-fill that fails, and a daemon that tells of an error with its heartbeat."""
    backfill = PartitionBackfill("first", BulkActionStatus.REQUESTED, False, {}, time.time(), error, description=LEAK)
    instance.add_backfill(backfill)
    fine = backfill._replace(backfill_id="second", error=None, description=None)
    instance.add_backfill(fine)
    instance.update_backfill(fine.with_status(BulkActionStatus.FAILED).with_error(error))
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "BACKFILL", "here", [error]))
    kept = [instance.get_backfill(name) for name in ("first", "second")]
    told_of = [*(one.status.value for one in kept if one), *instance.get_daemon_heartbeats()]
    sys.stdout.write(f"kept: {' '.join(told_of)}\n")


def fail_in_the_app(_: Path) -> None:
    """An exception of a page, handled as Streamlit does."""
    from streamlit.error_util import handle_uncaught_app_exception

    import dashboards.server  # noqa: F401

    try:
        raise RuntimeError(LEAK)
    except RuntimeError as error:
        handle_uncaught_app_exception(error)
    raise RuntimeError(LEAK)


if __name__ == "__main__":
    {"dagster": run_assets_and_sensor, "app": fail_in_the_app}[sys.argv[1]](Path(sys.argv[2]))
