"""Processes in which something fails with somebody's number in its message; run by test_redacted_storage."""

import logging
import sys
import time
from pathlib import Path

import dagster as dg

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


@dg.op
def said(_: dg.OpExecutionContext) -> None:
    """Fails with a description."""
    raise dg.Failure(description=LEAK)


@dg.job
def said_job() -> None:
    """One failing op."""
    said()


@dg.sensor(job=said_job)
def leaking_sensor(_: dg.SensorEvaluationContext) -> None:
    """Fails at every tick."""
    raise RuntimeError(LEAK)


def run_assets_and_sensor(home: Path) -> None:
    """A failing run of an asset and of an op, and a failing tick, on the instance of a data folder."""
    from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus
    from dagster._utils.error import serializable_error_info_from_exc_info

    import orchestration.definitions  # noqa: F401  # every process of Dagster loads it
    from orchestration.instance import open_instance

    with open_instance(load_settings(home=home)) as instance:
        dg.materialize([leaking], instance=instance, raise_on_error=False)
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
