"""`guanxi explain delivery`: the whole chain of a message, from the plan's row to what was achieved after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape

from orchestration.cli.amounts import amount
from orchestration.cli.explain_lines import (
    consent_in_words,
    decision_in_words,
    heading,
    say,
    table,
    tell_suppressions,
    time_in_words,
)
from orchestration.cli.session import console
from serving.published_copy import Row
from stores.counted import counted
from stores.reason_texts import Reasons

if TYPE_CHECKING:
    from orchestration.stewardship.explanations import DeliveryStory
    from orchestration.stewardship.message_chain import Conversion, MessageChain

_SHOWN = 10  # events that are listed; more are counted


def tell_delivery(story: DeliveryStory, reasons: Reasons, closed_for: Reasons) -> None:
    """Print the whole chain of a message: plan, allocation, permission, attempts, receipts, and what was achieved.

    Args:
        story: of the message.
        reasons: names of states and reasons.
        closed_for: names of the reasons of suppressions.
    """
    row = story.delivery
    console.print(
        f"[bold]Delivery {escape(str(row['delivery_id']))}[/bold]: {row['state']}"
        + (f" ({escape(str(row['reason']))})" if row["reason"] else "")
    )
    for code in (row["state"], row["reason"]):
        if code and (found := reasons.find(str(code))):
            say(f"{str(code).partition(':')[0]}: {found[1]}. {found[0]}。")
    step = f"{row['step']} {story.step_name}".rstrip()
    kind, time = ("Journey", "run") if story.way else ("Campaign", "occurrence")
    say(
        f"{kind} {row['campaign_id']} version {row['campaign_version']}, step {step}, {time} {row['occurrence']}, by "
        f"{row['channel']} to {row['destination']}; customer {row['customer_id']} "
        f"(`guanxi explain customer {row['customer_id']}`)."
    )
    say(f"Planned {time_in_words(row['planned_at'])} from publication {row['publication_id']}, as of {row['as_of']}.")
    for line in _before(story):
        say(line)
    if story.way:
        heading(f"Run {row['occurrence']} of the journey, step by step")
        table([asdict(one) for one in story.way], ("happened_at", "from_step", "to_step", "cause", "detail"))
    tell_suppressions(story.suppressions, closed_for)
    heading("Attempts")
    table(story.attempts, ("attempt", "started_at", "finished_at", "outcome", "reason"))
    heading("Receipts")
    table(story.events, ("occurred_at", "event", "detail", "peer_event_id", "received_at"))
    heading("What came of it")
    for line in _after(story.chain):
        say(line)
    events = story.chain.conversions
    if events:
        table([_sourced(one) for one in events[:_SHOWN]], ("event_id", "occurred_at", "net_amount", "brought by"))
    if len(events) > _SHOWN:
        say(f"and {len(events) - _SHOWN} later ones: `--json` has all.")


def _before(story: DeliveryStory) -> Iterator[str]:
    """The plan's row that the message was made of, its place among the customer's, what lost to it, the consent."""
    delivery, chain = story.delivery, story.chain
    row = chain.row
    if row:
        worth = "unknown" if row["expected_value"] is None else f"{row['expected_value']:,.2f}"
        yield f"Plan row, in publication {chain.publication_id}: {decision_in_words(row)}."
        others = "nothing else competed for the customer"
        if chain.competing > 1:
            others = (
                f"place {chain.place} of the customer's {chain.competing} messages, by priority, then expected value"
            )
        yield f"Allocation: priority {row['priority']}, expected value {worth}; {others}."
        for lost in chain.lost:
            yield f"Lost to it: {lost['campaign_id']} step {lost['step']} by {lost['channel']} ({lost['reason']})."
    else:
        yield (
            f"The plan row is no longer published; the ledger kept priority {delivery['priority']}, value score "
            f"{delivery['value_score']}, variant {delivery['variant']}."
        )
        if story.plan:
            yield f"Today's plan: {decision_in_words(story.plan)}."
    if chain.consent:
        yield ("" if row else "Today: ") + consent_in_words(chain.consent) + "."


def _after(chain: MessageChain) -> Iterator[str]:
    result = chain.result
    if not result:
        yield "The publication does not know the message yet: the next run counts it."
        return
    told = [name.removeprefix("is_") for name, value in result.items() if name.startswith("is_") and value is True]
    yield f"Counted as {result['counted_as']}" + (f"; {', '.join(told)}" if told else "") + "."
    if result["is_converted"]:
        events = counted(len(chain.conversions), "event") if chain.conversions else "events"
        revenue = amount(result["converted_revenue"], chain.currency)
        yield f"{events} of the campaign's goal inside its window, net revenue {revenue}:"


def _sourced(one: Conversion) -> Row:
    place = "" if one.line is None else f" line {one.line}"
    return {**asdict(one), "brought by": f"{one.source_file}{place}" if one.source_file else "not found in the lake"}
