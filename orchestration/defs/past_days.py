"""Past days, each built in a place of its own; the Dagster UI can back-fill any range of them."""

from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration.runs.business_day import parse_day
from orchestration.runs.live_runs import mark_live
from orchestration.runs.past_day import build_past_day
from stores.settings import load_settings

AS_OF_BUILD = "as_of_build"
PAST_DAY_OP = "build_past_day"
_FIRST_DAY = "2000-01-01"


class PastDay(dg.Config):
    """Which day to build."""

    day: str = Field(description="Business day to build for (YYYY-MM-DD), before the current publication's.")


@dg.op(
    name=PAST_DAY_OP,
    out=dg.Out(dg.Nothing),
    description="Models, gates and a publication of one past day, in as_of/<day>/ of the data folder. Sends nothing.",
)
def past_day_op(context: dg.OpExecutionContext, config: PastDay) -> None:
    """Build the day and say where it is."""
    settings = load_settings()
    with mark_live(settings, context.run_id):
        made = build_past_day(settings, parse_day(config.day, settings, "day"), context.run_id)
    context.add_output_metadata({"publication_id": made.publication_id, "file": dg.MetadataValue.path(str(made.path))})


@dg.daily_partitioned_config(start_date=_FIRST_DAY, timezone=load_settings().timezone)
def _day_of_partition(start: datetime, _end: datetime) -> dict[str, Any]:
    return {"ops": {PAST_DAY_OP: {"config": {"day": f"{start:%Y-%m-%d}"}}}}


@dg.job(
    name=AS_OF_BUILD,
    config=_day_of_partition,
    executor_def=dg.in_process_executor,
    description="A day before the current publication, built apart from it: reads the registers, writes none.",
)
def as_of_build() -> None:
    """One step: the whole day."""
    past_day_op()


@dg.definitions
def past_days() -> dg.Definitions:
    """The job of past days."""
    return dg.Definitions(jobs=[as_of_build])
