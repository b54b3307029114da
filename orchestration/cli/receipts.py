"""`guanxi receipts`: what messaging tools reported back, what nobody could read, a wrong file taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, Listing, console, open_session
from stores.counted import counted

app = typer.Typer(help="What messaging tools report back: collect it, look at it, try lines again, take a file back.")

_File = Annotated[str, typer.Argument(help="A file by its name or by the beginning of its id, as `list` shows them.")]


@app.callback(invoke_without_command=True)
def receipts(context: typer.Context, home: HomeOption = None) -> None:
    """Take receipt files from landing/receipts/ into the delivery ledger (a run does this too).

    Exit code 1: something was not read, rejected, or looks wrong; everything else is in the ledger.
    """
    if context.invoked_subcommand:
        return
    settings = open_session(home, changes=True)
    from orchestration.sending.collect_receipts import collect_receipts

    report = collect_receipts(settings)
    console.print(
        f"{counted(report.files, 'file')}, {counted(report.events, 'new event')}, {report.duplicates:,} known already, "
        f"{report.rejected:,} rejected, {counted(report.closed, 'address', 'addresses')} closed, "
        f"{counted(len(report.waiting), 'file')} still being written, {len(report.unread):,} not read."
    )
    if not report.is_clean:
        raise typer.Exit(1)


@app.command("list")
def list_receipts(
    home: HomeOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many files and lines to show.")] = 20,
) -> None:
    """Show files, alarms, lines in quarantine, and events that came under one id."""
    settings = open_session(home)
    from exports.receipts.replay_and_undo import overview

    seen = overview(settings, limit)
    files = Listing("Id", "File", "Events", "Rejected", "Collected", "Remark", title="Receipt files, newest first")
    for row in seen.files:
        taken_back = f"taken back by {row.undone_by}: {row.undone_reason}" if row.undone_at else ""
        remark = "; ".join(text for text in (taken_back, row.alarm, row.problem) if text)
        when = f"{row.collected_at:%Y-%m-%d %H:%M} UTC"
        files.add_row(row.file_id[:12], row.source_file, f"{row.events:,}", f"{row.rejected:,}", when, remark)
    lines = Listing("File", "Line", "Reason", title=f"In quarantine: {counted(seen.waiting_in_all, 'line')}")
    for row in seen.waiting:
        lines.add_row(row.source_file, str(row.line), row.reason)
    events = Listing("Destination", "Id", "Delivery", "Event", "Time", title="One id, several events: each counts")
    for row in seen.repeated:
        when = f"{row.occurred_at:%Y-%m-%d %H:%M} UTC"
        events.add_row(row.destination, row.peer_event_id, row.delivery_id, row.event, when)
    shown = [table for table in (files, lines, events) if table.row_count]
    for table in shown:
        console.print(table)
    if not shown:
        console.print("No receipts have come yet.")


@app.command("replay")
def replay_lines(
    file: Annotated[str, typer.Argument(help="Only lines of this file. Default: all.")] = "", home: HomeOption = None
) -> None:
    """Try lines in quarantine again, after a row in seeds/receipts/ was corrected and published."""
    settings = open_session(home, changes=True)
    from exports.receipts.replay_and_undo import replay

    done = replay(settings, file)
    console.print(
        f"{counted(done.tried, 'line')} tried: {counted(done.events, 'new event')}, {done.known:,} known already, "
        f"{done.waiting:,} still in quarantine."
    )
    for alarm in done.alarms:
        console.print(alarm, style="red", markup=False)


@app.command("undo")
def undo_file(
    file: _File,
    by: Annotated[str, typer.Option("--by", help="Who decides it.")] = "",
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit log.")] = "",
    home: HomeOption = None,
) -> None:
    """Open the addresses again that a wrong file closed, unless something else closed them too."""
    settings = open_session(home, changes=True)
    from exports.receipts.replay_and_undo import undo

    done = undo(settings, file, by, why)
    console.print(
        f"{done.source_file} is taken back: {done.opened} addresses opened, {done.restored} consents restored, "
        f"{done.still_closed} stay closed for another reason.",
        markup=False,
    )
