"""`guanxi identity`: who is who, decided by people: what waits, decisions, and why two profiles are one customer."""

from __future__ import annotations

import getpass
import shlex
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestration.cli.explain_documents import decision_document, pair_document
from orchestration.cli.identity_words import (
    decision_in_words,
    event_in_words,
    identifier_in_words,
    link_in_words,
    outlook,
    probability_in_words,
)
from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json, require
from stores.errors import UserError

if TYPE_CHECKING:
    from orchestration.stewardship.review_details import PairStory
    from serving.published_copy import Row
    from stores.operations.identity_decisions import Verdict
    from stores.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Who is one person and who is not: review, decide, take back, explain.")

One = Annotated[str, typer.Argument(help="A source profile (shop:10023) or any customer id ever issued (c_…).")]
Why = Annotated[str, typer.Option("--why", help="The reason, without personal data; it is kept.")]
By = Annotated[str, typer.Option("--by", help="Who decides. Default: your login name.", show_default=False)]


@app.command("review")
def review(
    home: HomeOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Only this reason or kind, as the summary names it.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many things to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show what waits for a decision: probable matches, refused links, shared values that are not trusted."""
    settings = open_session(home, for_script=as_json)
    from orchestration.stewardship.review_details import waiting

    found = waiting(settings, reason, limit)
    if as_json:
        counts = [{"kind": kind, "reason": why, "waiting": count} for (kind, why), count in found.counts.items()]
        print_json({"counts": counts, "first": found.rows})
        return
    if not found.counts:
        console.print("Nothing waits for review.")
        return
    table = Listing("Kind", "Reason", "Waiting")
    for (kind, why), count in sorted(found.counts.items(), key=lambda item: -item[1]):
        table.add_row(kind, why, f"{count:,}")
    console.print(table)
    for number, row in enumerate(found.rows, start=1):
        _tell_waiting(number, row)
    total = sum(count for names, count in found.counts.items() if reason in ("", *names))
    _say(f"{len(found.rows):,} of {total:,} shown. A decision takes effect with the next `guanxi run`.")


@app.command("join")
def join(one: One, other: One, why: Why, by: By = "", home: HomeOption = None) -> None:
    """Decide that two profiles are one person, whatever the rules say."""
    _decide(open_session(home, changes=True), "join", one, other, why, by)


@app.command("separate")
def separate(one: One, other: One, why: Why, by: By = "", home: HomeOption = None) -> None:
    """Decide that two profiles are different people, whatever links them."""
    _decide(open_session(home, changes=True), "separate", one, other, why, by)


@app.command("undo")
def undo(
    decision_id: Annotated[str, typer.Argument(help="The id of the decision (d_…).")],
    why: Annotated[str, typer.Option("--why", help="The reason; it is kept in the audit log.")] = "taken back",
    by: By = "",
    home: HomeOption = None,
) -> None:
    """Take a decision back: at the next run the profiles are as the rules, and older decisions, have them."""
    settings = open_session(home, changes=True)
    from stores import operations

    with operations.writing(operations.engine(settings)) as connection:
        undone = operations.undo(connection, decision_id.strip(), reason=why, by=_who(by), moment=settings.now())
    _say(f"Taken back: {decision_in_words(settings, undone.decision)}")
    if undone.restored:
        _say(f"In force again, because it had been replaced by that: {decision_in_words(settings, undone.restored)}")
    _say("It takes effect with the next `guanxi run`.")


@app.command("decisions")
def decisions(
    home: HomeOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were taken back or replaced.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the decisions in force."""
    settings = open_session(home, for_script=as_json)
    from stores import operations

    with operations.reading(operations.engine_to_read(settings)) as connection:
        rows = operations.list_decisions(connection, active_only=not every)
    if as_json:
        print_json([decision_document(row) for row in rows])
        return
    for row in rows:
        _say(decision_in_words(settings, row))
    if not rows:
        _say("No decisions.")


@app.command("explain")
def explain(one: One, other: One, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Explain why two profiles are one customer, or why not."""
    settings = open_session(home, for_script=as_json)
    from orchestration.stewardship.review_details import pair_story

    story = pair_story(settings, one, other)
    if as_json:
        print_json(pair_document(story))
        return
    _tell_pair(settings, story)


@app.command("resolve")
def resolve(home: HomeOption = None) -> None:
    """Rebuild all identities from the lake, as the monthly job does, and report what changed."""
    settings = open_session(home, changes=True)
    from orchestration.cli.session import chapter
    from orchestration.runs.preflight import check_configuration
    from orchestration.runs.run_job import run_job
    from orchestration.stewardship.identity_diff import newest_report

    check_configuration(settings)
    with chapter("Deep re-resolve"):
        outcome = run_job(settings, "resolve_identity", full=True)
    report = newest_report(settings, outcome.run_id)
    if report:
        console.print(report.read_text(encoding="utf-8"), markup=False, soft_wrap=True)
        _say(f"Kept as {report}")
    require(outcome)


def _decide(settings: Settings, verdict: Verdict, one: str, other: str, why: str, by: str) -> None:
    """Check the profiles, record the decision, say what will happen."""
    from orchestration.stewardship.review_details import pair_story
    from stores import operations

    story = pair_story(settings, one, other)
    with operations.writing(operations.engine(settings)) as connection:
        decided = operations.decide(
            connection,
            verdict,
            story.left.profile_id,
            story.right.profile_id,
            reason=why,
            by=_who(by),
            moment=settings.now(),
        )
    decision = decided.decision
    for subject in (story.left, story.right):
        if subject.asked != subject.profile_id:
            _say(f"{subject.asked} stands for the profile {subject.profile_id}, which it was made from.")
    if not decided.is_new:
        _say(f"This was decided before and is in force; nothing was changed: {decision_in_words(settings, decision)}")
        return
    _say(f"Recorded: {decision_in_words(settings, decision)}")
    if decided.replaced:
        _say(f"It replaces an older decision: {decision_in_words(settings, decided.replaced)}")
    for text in outlook(story, verdict, decision):
        _say(text)
    _say(f"Take it back with `guanxi identity undo {decision.decision_id}`.")


def _who(by: str) -> str:
    try:
        return by or getpass.getuser()
    except (OSError, KeyError) as unknown:
        raise UserError("There is no login name here: say who decides with --by.") from unknown


def _tell_pair(settings: Settings, story: PairStory) -> None:
    left, right = story.left, story.right
    for subject in (left, right):
        of_id = "" if subject.asked == subject.profile_id else f", the profile that {subject.asked} was made from"
        _say(f"{subject.profile_id} belongs to customer {subject.customer_id}{of_id}.")
    if story.is_one:
        console.print("[bold]They are one customer[/bold]")
        for link in story.path:
            _say(link_in_words(link))
    else:
        console.print("[bold]They are two customers[/bold]")
        for row in story.refused:
            pair = f"{row['left_profile_id']} – {row['right_profile_id']}"
            if row["kind"] == "probable_link":
                _say(f"{pair}: {probability_in_words(row)}, which waits for a decision")
            elif row["kind"] == "shared_key":
                _say(f"{pair}: {row['reason_en']} {row['reason_zh']}")
            else:
                _say(
                    f"{pair}: linked by {identifier_in_words(row)}, but refused: {row['reason_en']} {row['reason_zh']}"
                )
        for row in story.shared:
            why = row["reason_en"] or ("it alone does not link" if not row["is_linking"] else "")
            _say(f"Both carry {identifier_in_words(row)}" + (f", but {why} {row['reason_zh'] or ''}" if why else ""))
        if not (story.refused or story.shared or any(row.is_active for row in story.decisions)):
            _say("Nothing links them: no shared identifier, no probable match, no decision.")
    if story.decisions:
        console.print("[bold]Decisions[/bold]")
        named = {left.profile_id, right.profile_id}
        for decision in story.decisions:
            waits = decision.is_active and named == {decision.left_profile_id, decision.right_profile_id}
            waits = waits and (decision.decision == "join") != story.is_one
            _say(decision_in_words(settings, decision) + (" Takes effect with the next `guanxi run`." if waits else ""))
    if story.events:
        console.print("[bold]What happened[/bold]")
        for row in story.events:
            _say(event_in_words(row))


def _tell_waiting(number: int, row: Row) -> None:
    left, right = row["left_profile_id"], row["right_profile_id"]
    console.print(f"[bold]{number}. {escape(str(row['kind']))}[/bold]", end=" ")
    console.print(f"{row['reason']}: {row['reason_en']} {row['reason_zh']}", markup=False, soft_wrap=True)
    if row["kind"] == "shared_value":
        such_as = f"such as {left} and {right}" if right else f"all of customer {row['left_customer_id']}"
        _say(f"{identifier_in_words(row)} on {row['profiles']} profiles of {row['customers']} customers, {such_as}")
    else:
        _say(f"{left} ({row['left_customer_id']}) – {right} ({row['right_customer_id']})")
        if row["kind"] == "shared_key":
            _say(f"both came as {row['identifier_mask']}, with other names and nothing of a person's own in common")
        else:
            _say(probability_in_words(row) if row["field_weights"] else f"linked by {identifier_in_words(row)}")
    if not right:
        return
    pair = f"{shlex.quote(left)} {shlex.quote(right)}"
    for meaning, command in (
        ("one person:", f"join {pair} --why '…'"),
        ("two people:", f"separate {pair} --why '…'"),
        ("look closer:", f"explain {pair}"),
    ):
        _say(f"  {meaning:<13}guanxi identity {command}")


def _say(text: str) -> None:
    console.print(f"  {text}", markup=False, soft_wrap=True)
