"""`guanxi operations`: take up the operations store again after it was lost."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, console, open_session
from stores.counted import counted

app = typer.Typer(no_args_is_help=True, help="The operations store: take it up again after it was lost.")


@app.callback()
def operations() -> None:
    """The operations store: take it up again after it was lost."""


@app.command("recover")
def recover_store(
    by: Annotated[str, typer.Option("--by", help="Who accepts the loss; kept in the audit log.")],
    why: Annotated[str, typer.Option("--why", help="The reason; kept in the audit log.")],
    home: HomeOption = None,
) -> None:
    """Rebuild from the lake what a missing or older operations store lacks, and accept the rest of the loss.

    Nothing that may have been sent is sent again, and every campaign must be approved again.
    """
    settings = open_session(home, changes=True)
    from orchestration.sending.store_recovery import recover

    done = recover(settings, by, why)
    rows = ", ".join(f"{count:,} {name}" for name, count in done.rows.items() if count) or "nothing"
    read = f"{done.read_until:%Y-%m-%d %H:%M}" if done.read_until else "never"
    for line in (
        f"From the lake, which last read the store {read}: {rows}.",
        f"{counted(done.in_doubt, 'message')} may have been sent since: unknown, and not sent again.",
        "Lost: what people and tools did in the store after that, unless a receipt file tells it. `guanxi receipts` "
        "reads the files in landing/receipts/ again.",
        "Nothing is sent before each campaign is approved again: `guanxi campaign approve`.",
    ):
        console.print(line, markup=False, soft_wrap=True)
