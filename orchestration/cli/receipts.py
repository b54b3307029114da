"""`guanxi receipts`: what messaging tools reported back, what nobody could read, a wrong file taken back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.explain_documents import receipts_document
from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.counted import counted

if TYPE_CHECKING:
    from exports.receipts.collect import ReceiptReport

app = typer.Typer(help="What messaging tools report back: collect it, look at it, try lines again, take a file back.")

_File = Annotated[str, typer.Argument(help="A file by its name or by the beginning of its id, as `list` shows them.")]


@app.callback(invoke_without_command=True)
def receipts(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Take receipt files from landing/receipts/ into the delivery ledger (a run does this too).

    Exit code 1: something was not read, rejected, or looks wrong; everything else is in the ledger.
    """
    if context.invoked_subcommand:
        return
    settings = open_session(home, changes=True, for_script=as_json)
    from orchestration.sending.collect_receipts import collect_receipts

    report = collect_receipts(settings)
    if as_json:
        print_json({**asdict(report), "is_clean": report.is_clean})
    else:
        _tell(report)
    if not report.is_clean:
        raise typer.Exit(1)


def _tell(report: ReceiptReport) -> None:
    console.print(
        f"{counted(report.files, 'file')}, {counted(report.events, 'new event')}, {report.duplicates:,} known already, "
        f"{report.rejected:,} rejected, {counted(report.closed, 'address', 'addresses')} closed, "
        f"{counted(len(report.waiting), 'file')} still being written, {len(report.unread):,} not read."
    )


@app.command("list")
def list_receipts(
    home: HomeOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many files and lines to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show files, alarms, lines in quarantine, and events that came under one id."""
    settings = open_session(home, for_script=as_json)
    from exports.receipts.replay_and_undo import overview

    seen = overview(settings, limit)
    if as_json:
        print_json(receipts_document(seen))
        return
    files = Listing("Id", "File", "Events", "Rejected", "Collected", "Remark", title="Receipt files, newest first")
    for row in seen.files:
        taken_back = f"taken back by {row.undone_by}: {row.undone_reason}" if row.undone_at else ""
        remark = "; ".join(text for text in (taken_back, row.alarm, row.problem) if text)
        when = f"{settings.business_time(row.collected_at):%Y-%m-%d %H:%M}"
        files.add_row(row.file_id[:12], row.source_file, f"{row.events:,}", f"{row.rejected:,}", when, remark)
    lines = Listing("File", "Line", "Reason", title=f"In quarantine: {counted(seen.waiting_in_all, 'line')}")
    for row in seen.waiting:
        lines.add_row(row.source_file, str(row.line), row.reason)
    events = Listing("Destination", "Id", "Delivery", "Event", "Time", title="One id, several events: each counts")
    for row in seen.repeated:
        when = f"{settings.business_time(row.occurred_at):%Y-%m-%d %H:%M}"
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
        f"{done.source_file} is taken back: {counted(done.opened, 'address', 'addresses')} opened, "
        f"{counted(done.restored, 'consent')} restored, still closed for another reason: {done.still_closed:,}.",
        markup=False,
    )
