"""`guanxi lake`: is the raw lake what its loads wrote, what to do when it is not, and its many small files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json, require
from stores.counted import counted
from stores.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="The raw lake: check its files, merge small ones, read files again, take a damaged load out.",
)


@app.command("verify")
def verify(home: HomeOption = None) -> None:
    """Read every file of the lake and compare it with the sha256 that was noted when it was written.

    The same job runs once a week under `guanxi up`.
    """
    settings = open_session(home)
    if _is_empty(settings):
        return
    from orchestration.runs.run_job import run_job

    require(run_job(settings, "verify_lake"))
    console.print("Every file of the lake is what its load wrote.")


@app.command("freshness")
def freshness_of_channels(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show when each channel last brought something, how much, and whether that is within what it promises."""
    settings = open_session(home, for_script=as_json)
    from orchestration.channel_freshness import freshness

    found = freshness(settings)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Listing("Channel", "State", "Last load", "Age", "Expected", "Rows")
    for one in found:
        last = one.loads[0] if one.loads else None
        table.add_row(
            one.channel,
            one.state,
            f"{last.loaded_at:%Y-%m-%d %H:%M}" if last else "",
            "" if one.age_hours is None else f"{one.age_hours:,.1f} h",
            f"{one.expected_hours:,.0f} h",
            f"{last.rows:,}" if last else "",
        )
    console.print(table)
    for one in found:
        for name, asked in one.undelivered_consents.items():
            never = f"{one.channel}: consents were never delivered ({name})"
            console.print(
                f"{never}; nobody of it can be messaged over {', '.join(asked)}.", markup=False, soft_wrap=True
            )


@app.command("compact")
def compact_lake(
    trial: Annotated[bool, typer.Option("--dry-run", help="Only show what would be merged.")] = False,
    home: HomeOption = None,
) -> None:
    """Merge the many small files that daily loads leave into larger ones, so that a day's run stays as fast as it was.

    Rows, load ids and checksums stay, and nothing is rebuilt because of it. A table is left alone until it has eight
    small files. The same job runs once a week under `guanxi up`; a run that is killed is made good by the next one.
    """
    settings = open_session(home, changes=not trial)
    if _is_empty(settings):
        return
    if trial:
        from ingestion.lake.compaction import compact
        from stores.lake.vault import compact_vault

        merged = compact(settings, is_trial=True)
        parts = sum(len(one.parts) for one in merged)
        vault = compact_vault(settings, is_trial=True)
        console.print(f"{parts:,} small files would become {len(merged):,}{_of_vault(vault)}. Nothing was changed.")
        return
    from orchestration.runs.run_job import run_job

    outcome = require(run_job(settings, "compact_lake"))
    counts = outcome.assets["lake_parts"]
    now = f"{counts['parts_after']:,} now{_of_vault(counts['vault_files_before'])}"
    console.print(f"{counts['parts_before']:,} small files are {now}. No row changed.")


def _is_empty(settings: Settings) -> bool:
    """Whether nothing was read yet; says so."""
    from stores.lake.reader import datasets

    if datasets(settings.lake):
        return False
    console.print(f"The lake {settings.lake} is empty: nothing was read yet.", markup=False, soft_wrap=True)
    return True


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _of_vault(files: int) -> str:
    return f", {files:,} of the vault one" if files else ""


@app.command("read-again")
def read_files_again(
    channel: Annotated[str, typer.Argument(help="A channel of files.")],
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="A file whose rows shall count no more: it leaves the landing folder. Repeatable."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Let the files of a channel count as unread: a column was added to its contract, or a wrong file was delivered.

    A file is read once, whatever becomes of the contract later. The next `guanxi run` reads the files that lie in the
    landing folder again, with today's contract and in the order in which they came, and rebuilds. What came before a
    file that has left the folder stays as it was read. With --without it is the files since that one.
    """
    settings = open_session(home, changes=True)
    from ingestion.lake.reading_again import read_again
    from orchestration.cli.run import check_channels

    check_channels([channel])
    unread = read_again(settings, channel, without or [])
    for name in unread.removed:
        _say(f"{name} counts no more and is out of the landing folder.")
    if unread.forgotten:
        names = ", ".join(unread.forgotten)
        _say(f"No longer in quarantine, for no row of them was ever loaded and they left the landing folder: {names}")
    if unread.kept:
        why = "" if unread.removed else ": they, or a later one, have left the landing folder"
        _say(f"As they were read stay {counted(len(unread.kept), 'file')} that came before{why}.")
    _say(f"What was taken out is in {unread.place}.")
    again = f"{counted(len(unread.files), 'file')} will be read again" if unread.files else "Nothing is read again"
    _say(f"{again}; the next `guanxi run` rebuilds everything.")


@app.command("set-aside")
def set_aside_load(
    channel: Annotated[str, typer.Argument(help="The channel that the damaged load belongs to.")],
    load_id: Annotated[str, typer.Argument(help="The load: the damaged file's name up to the second point.")],
    home: HomeOption = None,
) -> None:
    """Take a damaged load out of the lake for which there is no backup; its files count as unread from then on."""
    settings = open_session(home, changes=True)
    from ingestion.pipeline import locked
    from orchestration.cli.run import check_channels
    from stores.lake.checksums import set_aside

    check_channels([channel])
    with locked(settings, channel):
        place = set_aside(settings, channel, load_id)
    console.print(
        f"The load is out of the lake; its files are in {place}. `guanxi run --full` reads the files again that lie in "
        f"landing/{channel}, or that are dropped there again, and rebuilds.",
        markup=False,
        soft_wrap=True,
    )
