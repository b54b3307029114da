"""`guanxi demo --days N`: the made-up retailer lives many days, with every programme approved."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from orchestration.cli.progress_bar import progress_bar
from orchestration.cli.session import chapter, console, require, steps_in_log_only
from orchestration.runs.run_job import JobOutcome, run_job
from stores.counted import counted
from stores.settings import Settings

if TYPE_CHECKING:
    from demo_retailer.further_days import DemoDay
    from demo_retailer.servers.customer_responses import Responses

# The platform runs on every second day that the retailer lives: no journey lets in for less than two days.
_RUN_EVERY = 2


def first_of(settings: Settings, days: int, today: date) -> date:
    """The day with which the retailer begins.

    Args:
        settings: the installation.
        days: how many it is to live.
        today: the real day.

    Returns:
        The day on which a new retailer is made, so that it has lived the days by today; else the next one to live.

    Raises:
        UserError: the retailer that is there cannot be read.
    """
    from demo_retailer.world import read_manifest
    from orchestration.cli.demo import day_to_live

    return today - timedelta(days=days) if read_manifest(settings) is None else day_to_live(settings)


def live_days(settings: Settings, first: date, days: int, today: date, make: Callable[[], None]) -> JobOutcome:
    """Let the retailer live days one after the other: it delivers, the plan is made and sent, people answer.

    Every second day the platform runs, on the last one too; it takes in what people answered since. The models' own
    tests run once, at the end, when the answers to the last day are taken in. The gates are checked in every run.

    Args:
        settings: the installation.
        first: the day of `first_of`; the clock of this process shows it already.
        days: how many.
        today: the real day; a home that has gone beyond it stays fixed on its day.
        make: makes the retailer, where there is none.

    Returns:
        The outcome of the last delivery.

    Raises:
        UserError: a part failed for a reason that the reader can fix.
        typer.Exit: a part failed; what failed has been shown.
    """
    from demo_retailer.world import read_manifest
    from orchestration.cli.demo import approve_demo_campaigns
    from orchestration.runs import business_day
    from stores.warehouse import current_publication

    is_new = read_manifest(settings) is None
    if business_day.fixed_day(settings):
        business_day.move_to(settings, None)
    begins = first + timedelta(days=1) if is_new else first
    approve_demo_campaigns(settings, everything=True)
    try:
        if is_new:
            with chapter("Retailer"):
                make()
            with chapter(f"The retailer as it is found on {first}"), steps_in_log_only():
                _send_and_answer(settings)
        console.print(
            f"{counted(days, 'day')} from {begins} on: customers come again, new ones come; every second day a plan is "
            "made and goes to the demo's messaging tool, and people answer as they are."
        )
        with progress_bar("Living", days, console) as tell, steps_in_log_only():
            for number in range(days):
                day = begins + timedelta(days=number)
                made = _live(settings, day)
                said = f"{day}: {counted(made.active, 'customer')} came"
                if (days - number) % _RUN_EVERY == 1:
                    delivered, answered = _send_and_answer(settings)
                    said += (
                        f", {counted(answered.deliveries, 'message')} sent, "
                        f"{counted(answered.orders, 'order')} because of them"
                    )
                tell(said)
        with chapter("Refresh with the last answers"), steps_in_log_only(), _served(settings):
            require(run_job(settings, "refresh", may_deliver=True))
    finally:
        # Also when a part failed: a home that followed today would lie behind its own publication.
        published = current_publication(settings)
        if published and published.as_of > today:
            business_day.move_to(settings, published.as_of)
    return delivered


def _live(settings: Settings, day: date) -> DemoDay:
    """Let the retailer live a day."""
    from demo_retailer.further_days import live_one_day

    os.environ["GUANXI_NOW"] = demo_clock(day)
    return live_one_day(settings, after=day - timedelta(days=1))


def _send_and_answer(settings: Settings) -> tuple[JobOutcome, Responses]:
    """Build the day, carry out its plan, and let people answer."""
    from demo_retailer.servers.customer_responses import respond
    from orchestration.cli.demo import approve_demo_plans

    with _served(settings):
        require(run_job(settings, "refresh", may_deliver=True, tests_later=True))
        approve_demo_plans(settings)
        delivered = require(run_job(settings, "deliver"))
        return delivered, respond(settings)


def _served(settings: Settings) -> AbstractContextManager[object]:
    """The retailer's shop and messaging tool, with what the day's landing files say."""
    from demo_retailer.servers.local_server import serve

    return serve(settings, settings.ports.demo)


def demo_clock(day: date) -> str:
    """What the demo's clock shows on a day: ten o'clock, when no channel is in its quiet hours."""
    return f"{day:%Y-%m-%d}T10:00:00"
