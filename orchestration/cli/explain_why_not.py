"""`guanxi explain why-not`: why a customer does not get a campaign or journey, or where they stand in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json


def why_not(
    customer_id: Annotated[
        str, typer.Argument(help="A customer id (c_…), also a former one; or a profile: shop:10023.")
    ],
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign or journey.")],
    step: Annotated[str, typer.Argument(metavar="STEP", help="One of its steps; without it all.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain why a customer does not get a campaign or journey: every reason, what is behind it, what was sent."""
    settings = open_session(home, for_script=as_json)
    from orchestration.stewardship.why_not import why_not as ask

    story = ask(settings, customer_id, campaign, step)
    if as_json:
        keys = ("campaign_id", "step", "channel", "decision", "reason", "reasons", "occurrence")
        message = ("delivery_id", "step", "channel", "state", "reason", "planned_at", "accepted_at", "occurrence")
        print_json(
            {
                "publication_id": story.publication.publication_id,
                "as_of": story.publication.as_of,
                "customer_id": story.customer_id,
                "campaign": story.campaign,
                "kind": story.kind,
                "step": story.step or None,
                "answers": [asdict(one) for one in story.answers],
                "plan": [{key: row[key] for key in keys} for row in story.plan],
                "messages": [{key: row[key] for key in message} for row in story.messages],
            }
        )
        return
    about = f", step {story.step}" if story.step else ""
    console.print(
        f"Customer {story.customer_id} and {story.kind} {story.campaign}{about}, as of {story.publication.as_of}",
        markup=False,
        soft_wrap=True,
    )
    for one in story.answers:
        console.print(f"  {one.said}", markup=False, soft_wrap=True)
