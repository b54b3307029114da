"""`guanxi quarantine`: rows that were not loaded, why, and another try after a fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json
from stores.counted import counted

WITHHELD_UNKNOWN = "What answers in quarantine withhold is not known. "
app = typer.Typer(no_args_is_help=True, help="Rows that could not be loaded: list them, load them after a fix.")


@app.command("list")
def list_rows(
    home: HomeOption = None,
    channel: Annotated[str, typer.Option("--channel", "-c", help="Only this channel.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many groups of rows to show for a channel.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show what is in quarantine, grouped by table, state, reason and file; what waits comes first.

    After it rows that were loaded with a phone, e-mail or id number that cannot be read: file and lines, or keys where
    they came from a database or an API.
    """
    settings = open_session(home, for_script=as_json)
    from ingestion.quarantine.listing import quarantine_groups, waiting_rows
    from ingestion.quarantine.unreadable_values import unreadable_groups
    from orchestration.cli.run import check_channels

    check_channels([channel] if channel else None)
    groups = [*quarantine_groups(settings, channel), *unreadable_groups(settings, channel)]
    if as_json:
        print_json([asdict(group) for group in groups])
        return
    shown: dict[str, int] = {}
    for group in groups:
        shown[group.channel] = shown.get(group.channel, 0) + 1
        if shown[group.channel] > limit:
            continue
        seen = f", last {group.last_seen:%Y-%m-%d %H:%M}" if group.last_seen else ""
        line = f", from line {group.first_line:,}" if group.first_line else ""
        again = f", came again {counted(group.again, 'time')}" if group.again else ""
        _say(f"{group.channel} {group.table}, {group.state}: {counted(group.rows, 'row')}{line}{seen}{again}")
        _say(f"  {group.reason} [{group.source_file}]")
    more = sum(max(count - limit, 0) for count in shown.values())
    if more:
        console.print(f"{counted(more, 'more group')}; --limit shows more.")
    waiting = waiting_rows(groups)
    console.print(
        f"{counted(waiting, 'row')} {'waits' if waiting == 1 else 'wait'}."
        if waiting
        else "Nothing waits in quarantine."
    )


@app.command("replay")
def replay_rows(
    channel: Annotated[str, typer.Argument(help="The channel whose quarantined rows are tried again.")],
    home: HomeOption = None,
) -> None:
    """Try the quarantined rows of a channel again, after its contract or settings were corrected."""
    settings = open_session(home, changes=True)
    from ingestion.pipeline import replay
    from ingestion.quarantine.listing import quarantine_groups, waiting_rows
    from orchestration.cli.run import check_channels

    check_channels([channel])
    report = replay(settings, channel)
    waiting = waiting_rows(quarantine_groups(settings, channel))
    console.print(f"{counted(sum(report.loaded.values()), 'row')} loaded, {waiting:,} still in quarantine.")


@app.command("refusals")
def list_refusals(
    home: HomeOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many customers to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show whose messages are withheld for an answer in quarantine: one that says no, or that nobody can read."""
    settings = open_session(home, for_script=as_json)
    from orchestration.sending.withheld_answers import read_withheld_answers
    from serving import withheld
    from serving.published_copy import current_copy

    answers = read_withheld_answers(settings)
    with current_copy(settings) as published:
        answers.bring(published)
        customers = withheld.customers(published)
    if as_json:
        print_json({"customers": customers, "files": [asdict(one) for one in answers.aside]})
        return
    for row in customers[:limit]:
        _say(f"{row['customer_id']}: no {row['purpose']} by {row['channel']}, in a row of {row['source']}")
    if len(customers) > limit:
        console.print(f"{counted(len(customers) - limit, 'more answer')}; --limit shows more.")
    for one in answers.aside:
        _say(
            f"{one.source} {', '.join(one.files)}: in quarantine whole, so messages to every customer of {one.source} "
            f"by {', '.join(one.channels)} are held"
        )
    if not customers and not answers.aside:
        console.print("No answer in quarantine withholds a message.")


def withheld_in_words(row: Mapping[str, Any]) -> str:
    """What quarantine does to messages, for a sentence that begins with them: a row of `serving.withheld`."""
    source = row["source"]
    if row["reason"] == "no_consent":
        why = f"an answer of {source} in quarantine says no, or cannot be read"
        return f"will not be sent: {why} (`guanxi quarantine refusals`)"
    return f"will be held: a file of {source} with answers is in quarantine whole (`guanxi quarantine refusals`)"


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
