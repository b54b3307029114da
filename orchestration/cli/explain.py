"""`guanxi explain`: why is this customer who they are, why was this message sent or not."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestration.cli.amounts import amount
from orchestration.cli.explain_clv import clv
from orchestration.cli.explain_delivery import tell_delivery
from orchestration.cli.explain_documents import customer_document, delivery_document
from orchestration.cli.explain_lines import (
    consent_in_words,
    decision_in_words,
    heading,
    say,
    tell_suppressions,
    time_in_words,
)
from orchestration.cli.explain_state import stage, tier
from orchestration.cli.explain_why_not import why_not
from orchestration.cli.identity_words import because_in_words, event_in_words
from orchestration.cli.names import in_both
from orchestration.cli.quarantine import WITHHELD_UNKNOWN, withheld_in_words
from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json
from serving.links.merge_reasons import merge_reasons
from stores.counted import counted
from stores.reason_texts import Reasons

if TYPE_CHECKING:
    from orchestration.stewardship.explanations import CustomerStory
    from serving.published_copy import Row

_REASONS_SHOWN = 3
_NAMED = 2  # up to so many profiles are named, more are counted

app = typer.Typer(no_args_is_help=True, help="Walk from an id to the rows, links, rules and reasons behind it.")
app.command("clv")(clv)
app.command("stage")(stage)
app.command("tier")(tier)
app.command("why-not")(why_not)


@app.command("customer")
def customer(
    customer_id: Annotated[
        str, typer.Argument(help="A customer id (c_…), also a former one; or a profile: shop:10023.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain a customer: profiles, links, stage, scores, segments, campaigns."""
    settings = open_session(home, for_script=as_json)
    from orchestration.stewardship.explanations import customer_story
    from serving.rules import current_names

    story = customer_story(settings, customer_id)
    if as_json:
        print_json(customer_document(story))
        return
    _tell_customer(story, current_names(settings).suppressions)


@app.command("delivery")
def delivery(
    delivery_id: Annotated[str, typer.Argument(help="The id of a message in the delivery ledger.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain a message: the plan behind it, its attempts, its receipts."""
    settings = open_session(home, for_script=as_json)
    from orchestration.stewardship.explanations import delivery_story
    from serving.rules import current_names

    story = delivery_story(settings, delivery_id)
    if as_json:
        print_json(delivery_document(story))
        return
    names = current_names(settings)
    tell_delivery(story, names.reasons, names.suppressions)


def _tell_customer(story: CustomerStory, closed_for: Reasons) -> None:
    person = story.customer
    console.print(
        f"[bold]Customer {escape(str(person['customer_id']))}[/bold] in publication {story.publication.publication_id}"
    )
    if story.asked != person["customer_id"]:
        when = f" since {time_in_words(story.merged_at)}" if story.merged_at else ""
        say(f"The id {story.asked} is no longer in use; it leads to this customer{when}.")
    say(
        f"{person.get('name_mask') or 'Name unknown'}, phone {person.get('phone_mask') or 'unknown'}, "
        f"e-mail {person.get('email_mask') or 'unknown'}; first seen {time_in_words(person.get('first_seen_at'))} "
        f"through {person.get('first_channel')}; {_orders(story)}."
    )
    _tell_profiles(story)
    if story.events:
        heading("What became of its ids")
        for event in story.events:
            say(event_in_words(event))
    _tell_rules(story)
    tell_suppressions(story.suppressions, closed_for)
    heading("Campaigns")
    for row in story.plan:
        say(decision_in_words(row))
    if not story.plan:
        say("In no campaign's audience.")
    for row in story.messages:
        say(
            f"{time_in_words(row['planned_at'])} {row['campaign_id']} by {row['channel']}: {row['state']} "
            f"({row['delivery_id']})"
        )


def _orders(story: CustomerStory) -> str:
    orders = counted(story.customer.get("orders_count") or 0, "order")
    return f"{orders}, net revenue {amount(story.customer.get('net_revenue'), story.currency)}"


def _tell_profiles(story: CustomerStory) -> None:
    """What holds the profiles together, the strongest first, and each profile with what ties it."""
    told = merge_reasons(story.profiles, story.links)
    heading(_what_holds(story, bool(told.reasons)))
    for reason in told.reasons[:_REASONS_SHOWN]:
        shared = ", ".join(reason.profiles) if len(reason.profiles) <= _NAMED else f"{len(reason.profiles)} profiles"
        say(f"{because_in_words(reason.link)} ({shared})")
    if len(told.reasons) > _REASONS_SHOWN:
        say(f"and {counted(len(told.reasons) - _REASONS_SHOWN, 'weaker reason')}, told below")
    if story.kept_apart:
        say(_kept_apart(story.kept_apart))
    heading(f"Made from {counted(len(story.profiles), 'profile')}")
    for profile in story.profiles:
        held = [
            f"{row['identifier_type']} {row.get('identifier_mask') or row['identifier_value']}"
            + ("" if row["is_linking"] else " (does not link)")
            for row in story.identifiers
            if row["source_profile_id"] == profile
        ]
        say(f"{profile}: {', '.join(held) or 'no identifier'}")
        link = told.by_profile.get(profile)
        if link:
            ends = (link["source_profile_id"], link["linked_profile_id"])
            say(f"    tied to {ends[ends[0] == profile]}: {because_in_words(link)}")
    if told.reasons:
        say("All links between two of them: `guanxi identity explain PROFILE PROFILE`.")


def _what_holds(story: CustomerStory, has_reasons: bool) -> str:
    if has_reasons:
        return "Why they are one person"
    if len(story.profiles) > 1:
        return "No link between its profiles is published"
    if story.kept_apart:
        return "No other profile was merged into this customer"
    return "No other profile shares an identifier that links"


def _kept_apart(row: Row) -> str:
    """How many profiles of others carry one of its identifiers, and the command that says why they are others."""
    one = row["profiles"] == 1
    pair = f"{shlex.quote(row['left_profile_id'])} {shlex.quote(row['right_profile_id'])}"
    carried = "carries one of its identifiers and was" if one else "carry one of its identifiers and were"
    others = counted(row["profiles"], "other profile")
    return f"{others} {carried} kept apart; {'why' if one else 'such as, and why'}: `guanxi identity explain {pair}`."


def _tell_rules(story: CustomerStory) -> None:
    heading("Why this stage, score and value")
    stage = story.lifecycle
    if stage:
        before = f" (before: {stage['previous_stage']})" if stage.get("previous_stage") else ""
        since = f" since {stage['stage_since']}" if stage.get("stage_since") else ""
        say(f"Stage {stage['stage']}{before}{since}: {stage['reason_en']} {stage['reason_zh']}")
    rfm = story.rfm
    if rfm:
        say(
            f"RFM {rfm['rfm_score']}: last purchase {counted(rfm['recency_days'], 'day')} ago, "
            f"{counted(rfm['frequency'], 'purchase')}, {amount(rfm['monetary'], story.currency)} spent: "
            + " / ".join(in_both(rfm[f"{scheme}_en"], rfm[f"{scheme}_zh"]) for scheme in ("segment_8", "segment_11"))
        )
    else:
        say("No RFM score: no paid order in the window.")
    value = story.value
    if value:
        say(
            f"Value: class {value['abc_class']} by share of revenue, score {value['value_score']}, quadrant "
            f"{value['quadrant']}, loyalty {value['loyalty_tier']}, tier {value['value_tier']}"
        )
    say("Segments: " + (", ".join(story.segments) or "none"))
    for one in story.consents:
        say(consent_in_words(one))
    if story.withheld_unknown:
        say(WITHHELD_UNKNOWN + story.withheld_unknown)
    for row in story.withheld:
        say(f"Messages by {row['channel']} {withheld_in_words(row)}")
