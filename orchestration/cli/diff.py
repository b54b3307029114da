"""`guanxi diff`: what a branch would change against the publication."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestration.cli.dbt_command import check_keys
from orchestration.cli.session import HomeOption, Listing, console, open_session

if TYPE_CHECKING:
    from orchestration.branch_diff.compare_branch import BranchDiff

DIFFERS = 3
_COLUMNS_SHOWN = 4


def diff(
    home: HomeOption = None,
    build: Annotated[
        bool,
        typer.Option("--build/--no-build", help="Build what the branch changes first, or compare what was built."),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=f"Exit with {DIFFERS} when something is different, as for a CI job.")
    ] = False,
) -> None:
    """Say what this branch of the dbt project would change against the publication.

    Builds the models and seeds that the branch changes, and all that depends on them, in the branch's development
    warehouse; everything else is read from production, which is not touched. Shows for every model the rows added,
    removed and changed; the customers that are new, gone or moved; who enters and leaves each segment; and the
    messages that each campaign would send more and less, with the reasons.

    Exit code 0: compared; 2: nothing to compare with, or the branch cannot be built; 3: with --exit-code, something
    is different.
    """
    settings = open_session(home)
    from orchestration.branch_diff.compare_branch import diff as compare

    check_keys(settings)
    if as_json:
        console.file = sys.stderr  # progress must not stand in the document
    found = compare(settings, build)
    if as_json:
        sys.stdout.write(json.dumps(found.document(), ensure_ascii=False, indent=1) + "\n")
    else:
        _show(found)
    if exit_code and found.differs:
        raise typer.Exit(DIFFERS)


def _show(found: BranchDiff) -> None:
    console.print(
        f"[bold]Branch {escape(found.branch)}[/bold] against publication {found.publication_id} (as of {found.as_of})"
    )
    for note in found.notes:
        console.print(f"  {note}", style="yellow", markup=False)
    if not found.causes and not found.removed:
        console.print("  It changes no model and no seed.")
        return
    console.print(f"  Changes {', '.join(found.causes) or 'nothing'}.", markup=False)
    if found.removed:
        console.print(f"  Takes away {', '.join(found.removed)}.", markup=False)
    same = [name for name, model in found.models.items() if not model.differs]
    if found.differs:
        console.print(_models(found))
    if same:
        console.print(f"  Without a difference: {len(same)} of {len(found.models)} published models that were built.")
    if found.differs:
        _people(found)


def _people(found: BranchDiff) -> None:
    counts = found.customers
    if counts:
        told = [f"{counts[name]:,} {name}" for name in ("new", "gone") if name in counts]
        told += [f"{counts['moved']:,} records moved to another customer"] if "moved" in counts else []
        console.print(f"[bold]Customers[/bold]: {', '.join(told)}")
    moving = {name: one for name, one in found.segments.items() if one["in"] or one["out"]}
    if found.segments and not moving:
        console.print("[bold]Segments[/bold]: nobody in or out")
    if moving:
        table = Listing("Segment", "before", "after", "in", "out", title="Segments", title_justify="left")
        for name, one in moving.items():
            table.add_row(name, *(f"{one[count]:,}" for count in ("before", "after", "in", "out")))
        console.print(table)
    if found.campaigns:
        table = Listing("Campaign", "before", "after", "more", "less", title="Messages to send", title_justify="left")
        for name, one in found.campaigns.items():
            table.add_row(name, *(f"{one[count]:,}" for count in ("before", "after", "more", "less")))
        console.print(table)
    if found.reasons:
        table = Listing("Campaign", "decision", "reason", "before", "after", title="Why", title_justify="left")
        for row in found.reasons:
            table.add_row(
                row["campaign"], row["decision"], row["reason"] or "", f"{row['before']:,}", f"{row['after']:,}"
            )
        console.print(table)


def _models(found: BranchDiff) -> Listing:
    table = Listing("Model", "rows", "added", "removed", "changed", "most in", title="Models", title_justify="left")
    for name, model in found.models.items():
        if not model.differs:
            continue
        columns = [f"{column} ({count:,})" for column, count in list(model.columns.items())[:_COLUMNS_SHOWN]]
        columns += [f"+{column}" for column in model.columns_added] + [f"-{column}" for column in model.columns_removed]
        rows = (
            "new" if model.before is None else "gone" if model.after is None else f"{model.before:,} → {model.after:,}"
        )
        table.add_row(
            f"{name} *" if model.is_cause else name,
            rows, f"{model.added:,}", f"{model.removed:,}", f"{model.changed:,}", ", ".join(columns),
        )  # fmt: skip
    table.caption = "* changed by the branch itself; the others follow from it"
    return table
