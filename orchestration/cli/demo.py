"""`guanxi demo`: a made-up retailer's channels become customers, segments and a delivered campaign."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, chapter, console, open_session
from orchestration.runs.run_job import JobOutcome, run_job
from stores.errors import UserError
from stores.settings import Settings


def demo(
    home: HomeOption = None,
    customers: Annotated[int, typer.Option(min=50, max=5_000_000, help="People in the made-up world.")] = 3000,
    seed: Annotated[int, typer.Option(help="Another seed, another world.")] = 7,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Go on to `guanxi up` at the end.")] = False,
) -> None:
    """Make a demo retailer and run the whole loop on it; a second time only what changed.

    Makes the channel files, serves the retailer's shop and messaging tool on localhost, refreshes, sends the campaigns,
    lets people answer, and refreshes again so that the answers show.
    """
    settings = open_session(home, makes_home=True, changes=True)
    refuse_foreign_home(settings)
    # The demo's day begins at ten, when no channel is in its quiet hours.
    os.environ["GUANXI_NOW"] = f"{settings.today():%Y-%m-%d}T10:00:00"
    started = time.monotonic()
    from orchestration.cli.summary import print_delivery, print_overview
    from orchestration.cli.up import refuse_taken_ports
    from orchestration.installation_overview import overview
    from orchestration.runs.preflight import check_configuration

    check_configuration(settings)
    refuse_taken_ports(settings, ["retailer"])
    delivered = play(settings, customers, seed)
    print_overview(settings, overview(settings))
    print_delivery(delivered)
    console.print(f"\nDone in {time.monotonic() - started:.0f} s. The app: http://127.0.0.1:{settings.ports.app}")
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
    from stores.key_record import lake_has_data

    if lake_has_data(settings.lake) and not (settings.home / "demo").exists():
        raise UserError(
            f"{settings.home} holds data that is not a demo's; made-up customers do not belong there. "
            "Give the demo a folder of its own: guanxi demo --home data/demo."
        )


def play(settings: Settings, customers: int, seed: int) -> JobOutcome:
    """The demo itself: world, refresh, delivery, answers, refresh.

    Returns:
        The outcome of the delivery.

    Raises:
        UserError: a part failed for a reason that the reader can fix.
        typer.Exit: a part failed; what failed has been shown.
    """
    from demo_retailer.servers.customer_responses import respond
    from demo_retailer.servers.local_server import serve
    from demo_retailer.world import generate

    with chapter("Retailer"):
        generate(settings, customers=customers, seed=seed)
    with serve(settings, settings.ports.demo):
        approve_all(settings)
        with chapter("Refresh"):
            require(run_job(settings, "refresh", may_deliver=True))
        with chapter("Delivery"):
            delivered = require(run_job(settings, "deliver"))
        with chapter("Answers"):
            respond(settings)
        with chapter("Refresh with the answers"):
            require(run_job(settings, "refresh", may_deliver=True))
    return delivered


def approve_all(settings: Settings) -> None:
    """Approve the demo's own campaigns, and say so: nobody else's campaign is ever approved by a program."""
    from exports.definitions.approval import APPROVED, approvals, decide
    from exports.definitions.campaign import campaign_folder, load_campaigns

    campaigns = load_campaigns(campaign_folder(settings))
    standing = approvals(settings, campaigns)
    for campaign in campaigns:
        if standing[campaign.campaign_id].state != APPROVED:
            decide(settings, campaign, APPROVED, "guanxi demo", "the demo's made-up customers")
    names = ", ".join(campaign.campaign_id for campaign in campaigns)
    console.print(f"Campaigns approved for the demo's made-up customers: {names}")
    console.print("Your own are drafts until you approve them: guanxi campaign approve CAMPAIGN --by YOU")


def require(outcome: JobOutcome) -> JobOutcome:
    """Go on only with a job that went through.

    Raises:
        UserError: it failed for a reason that the reader can fix.
        typer.Exit: it failed otherwise.
    """
    if outcome.user_error:
        raise UserError(outcome.error)
    if not outcome.success:
        console.print(f"  {outcome.error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    return outcome
