"""`guanxi gate`: accept, by name and with a reason, what a gate found."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, console, open_session
from stores.counted import counted

app = typer.Typer(no_args_is_help=True, help="Gates: accept, for one build, a failed check that was looked at.")


@app.callback()
def gate() -> None:
    """Gates: accept, for one build, a failed check that was looked at."""


@app.command("accept")
def accept(
    check: Annotated[str, typer.Argument(metavar="GATE", help="The failed check, as `guanxi status` names it.")],
    by: Annotated[str, typer.Option("--by", help="Who decides; kept in the audit log.")],
    why: Annotated[str, typer.Option("--why", help="The reason; kept in the audit log.")],
    home: HomeOption = None,
) -> None:
    """Let the next build pass although it fails a check as the last one did.

    It covers no more failing rows than there were, and one build. Consent, erasure, clear values and lost rows cannot
    be accepted.
    """
    settings = open_session(home, changes=True)
    from orchestration.gates.acceptance import accept as accept_gate

    made = accept_gate(settings, check, by, why)
    rows = f"up to {counted(made.most_rows, 'failing row')}"
    then = "Now `guanxi run` or, where it was the publication that stopped, `guanxi publish`."
    console.print(f"{made.gate} is accepted by {made.by} for the next build, {rows}. {then}")
