"""`guanxi demo`: a made-up retailer's channels become customers, segments and a delivered campaign."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer

from orchestration.cli.ports import LOCALHOST, is_taken
from orchestration.cli.session import HomeOption, chapter, console, open_session, require
from orchestration.runs.run_job import JobOutcome, run_job
from stores.errors import UserError
from stores.settings import Settings

# Any other campaign waits for a person's approval, so that the plan has something to look at and to decide.
_APPROVER = "guanxi demo"
SENT_CAMPAIGNS = frozenset({"dormant_recall"})
CUSTOMERS, CUSTOMERS_OF_MANY_DAYS = 3000, 1000


def demo(
    home: HomeOption = None,
    customers: Annotated[
        int | None,
        typer.Option(
            min=50,
            max=5_000_000,
            help=f"People in the made-up world. Default: {CUSTOMERS}, with --days {CUSTOMERS_OF_MANY_DAYS}.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another world.")] = 7,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Go on to `guanxi up` at the end.")] = False,
    day: Annotated[
        bool,
        typer.Option("--day", help="Let the retailer that is there live one more day, and run the loop on that."),
    ] = False,
    days: Annotated[
        int,
        typer.Option(
            min=0, max=366, help="Live so many days with every programme approved: a new demo those before today."
        ),
    ] = 0,
) -> None:
    """Make a demo retailer and run the whole loop on it; a second time only what changed.

    Makes the channel files, serves the retailer's shop and messaging tool on localhost, refreshes, sends the campaigns,
    lets people answer, and refreshes again so that the answers show.

    With --day the retailer lives its next day: some customers come again, a few are new, some change their record,
    some rows come late or are corrected. May be repeated, one day after the other.

    With --days a new demo begins that many days ago and lives up to today, one that is there lives its next days. Every
    campaign and journey is approved, every second day a plan is made and sent, and people answer it as they are.
    """
    if day and days:
        raise UserError("--day is one day and --days are several: leave one of them out.")
    settings = open_session(home, makes_home=not day, changes=True)
    refuse_foreign_home(settings)
    from orchestration.cli.demo_days import demo_clock, first_of, live_days

    people = customers or (CUSTOMERS_OF_MANY_DAYS if days else CUSTOMERS)
    today = settings.today()
    chosen = first_of(settings, days, today) if days else day_to_live(settings) if day else today
    os.environ["GUANXI_NOW"] = demo_clock(chosen)
    started = time.monotonic()
    from orchestration.cli.demo_home import demo_port
    from orchestration.cli.summary import print_delivery, print_overview
    from orchestration.installation_overview import overview
    from orchestration.runs.preflight import check_configuration

    check_configuration(settings)
    with demo_port(settings) as served:
        if days:
            delivered = live_days(served, chosen, days, today, lambda: make_world(served, people, seed))
        elif day:
            delivered = play_day(served, chosen, today)
        else:
            delivered = play(served, lambda: make_world(served, people, seed))
    print_overview(settings, overview(settings))
    print_delivery(settings, delivered)
    address = "" if is_taken(settings.ports.app) else f" The app: http://{LOCALHOST}:{settings.ports.app}"
    console.print(f"\nDone in {time.monotonic() - started:.0f} s.{address}")
    where = "" if settings.home == settings.project_root / "data" else f" --home {settings.home}"
    console.print(f"Start it with [bold].venv/bin/guanxi up{where}[/bold] (or `make up`); Dagster comes with it.")
    if serve:
        from orchestration.cli.up import up

        up(home=settings.home)


def refuse_foreign_home(settings: Settings) -> None:
    """Keep made-up people out of a data folder that holds real ones.

    Raises:
        UserError: the folder has a lake that no demo made.
    """
    from stores.lake.reader import has_data

    if has_data(settings.lake) and not (settings.home / "demo").exists():
        raise UserError(
            f"{settings.home} holds data that is not a demo's; made-up customers do not belong there. "
            "Give the demo a folder of its own: guanxi demo --home data/demo."
        )


def make_world(settings: Settings, customers: int, seed: int) -> None:
    """Make the channel files of the retailer.

    Raises:
        UserError: another world is there, or a number is out of range.
    """
    from demo_retailer.world import generate

    generate(settings, customers=customers, seed=seed)


def day_to_live(settings: Settings) -> date:
    """The retailer's next day, after everything that was published.

    Raises:
        UserError: there is no demo retailer.
    """
    from demo_retailer.further_days import next_day
    from stores.warehouse import current_publication

    publication = current_publication(settings)
    return next_day(settings, publication.as_of if publication else None)


def play_day(settings: Settings, day: date, today: date) -> JobOutcome:
    """One more day of the demo; a home whose day has not come yet stays fixed on it.

    Args:
        settings: the installation; its clock shows that day.
        day: the day that the retailer lives.
        today: the real day.

    Returns:
        The outcome of the delivery.

    Raises:
        UserError: a part failed for a reason that the reader can fix.
        typer.Exit: a part failed; what failed has been shown.
    """
    from datetime import timedelta

    from demo_retailer.further_days import live_one_day
    from orchestration.runs import business_day
    from stores.warehouse import current_publication

    if business_day.fixed_day(settings):
        business_day.move_to(settings, None)

    def live() -> None:
        made = live_one_day(settings, after=day - timedelta(days=1))
        console.print(
            f"  {made.day}: {made.active:,} people did something, {made.new:,} of them new; {made.moved:,} changed "
            f"their record, {made.orders:,} orders, {made.corrected:,} older orders moved on"
        )

    try:
        delivered = play(settings, live)
    finally:
        # Also when a part failed: a home that followed today would lie behind its own publication.
        published = current_publication(settings)
        if published and published.as_of > today:
            business_day.move_to(settings, published.as_of)
    if day > today:
        business_day.move_to(settings, day)
        console.print(
            f"{day} has not come yet, so this home stays fixed on it: `guanxi run` builds for that day and sends "
            "nothing. Another day: [bold]guanxi demo --day[/bold]."
        )
    return delivered


def play(settings: Settings, live: Callable[[], None]) -> JobOutcome:
    """The demo itself: what the retailer does, refresh, delivery, answers, refresh.

    Args:
        settings: the installation.
        live: makes the retailer's channels deliver.

    Returns:
        The outcome of the delivery.

    Raises:
        UserError: a part failed for a reason that the reader can fix.
        typer.Exit: a part failed; what failed has been shown.
    """
    from demo_retailer.servers.customer_responses import respond
    from demo_retailer.servers.local_server import serve

    with chapter("Retailer"):
        live()
    with serve(settings, settings.ports.demo):
        approve_demo_campaigns(settings)
        with chapter("Refresh"):
            require(run_job(settings, "refresh", may_deliver=True))
        approve_demo_plans(settings)
        with chapter("Delivery"):
            delivered = require(run_job(settings, "deliver"))
        with chapter("Answers"):
            respond(settings)
        with chapter("Refresh with the answers"):
            require(run_job(settings, "refresh", may_deliver=True))
    return delivered


def approve_demo_campaigns(settings: Settings, everything: bool = False) -> None:
    """Approve the campaigns that the demo sends, and say so: every other stays a draft until a person approves it.

    Args:
        settings: the installation.
        everything: every campaign and journey that is active is sent.
    """
    from exports.definitions.approval import APPROVED, approvals, decide
    from exports.definitions.campaign_files import campaign_folder, load_campaigns

    listed = load_campaigns(campaign_folder(settings))
    campaigns = [one for one in listed if (one.is_active if everything else one.campaign_id in SENT_CAMPAIGNS)]
    standing = approvals(settings, campaigns)
    for campaign in campaigns:
        if standing[campaign.campaign_id].state != APPROVED:
            decide(settings, campaign, APPROVED, _APPROVER, "演示用的虚构客户 the demo's made-up customers")
    names = ", ".join(campaign.campaign_id for campaign in campaigns) or "none"
    console.print(f"Campaigns approved for the demo's made-up customers: {names}", soft_wrap=True)
    if not everything:
        console.print("The others are drafts until you approve them: guanxi campaign approve CAMPAIGN --by YOU")


def approve_demo_plans(settings: Settings) -> None:
    """Approve, as a second person, the large plans of campaigns that the demo approved itself."""
    from exports.definitions.approval import approvals
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from orchestration.cli.campaign_approval import approve_of, plan_standings

    listed = load_campaigns(campaign_folder(settings))
    standing = approvals(settings, listed)
    _, plans = plan_standings(settings, listed, standing)
    for campaign in listed:
        name = campaign.campaign_id
        is_own = not standing[name].held_as and standing[name].decided_by == _APPROVER
        if is_own and name in plans and plans[name].is_missing:
            approve_of(settings, campaign, "guanxi demo, second person")
