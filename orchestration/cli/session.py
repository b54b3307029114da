"""What every command shares: settings from the options, progress on the screen, details in the log file."""

from __future__ import annotations

import errno
import json
import logging
import os
import shlex
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

from orchestration.runs.storage_errors import check_home
from stores.errors import UserError
from stores.redaction.json_lines import JsonLines, wants_json
from stores.redaction.log_lines import LogLines, log_line
from stores.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.runs.run_job import JobOutcome

# What a script or a file reads has no width of its own: there nothing is folded, unless COLUMNS says so.
_WIDE = 240


class _Screen(Console):
    """Standard output, as wide as it is when something is printed."""

    @property
    def size(self) -> ConsoleDimensions:
        """The size of the terminal; COLUMNS wins. What is no terminal is wide enough for every table."""
        terminal = shutil.get_terminal_size()
        is_told = os.environ.get("COLUMNS") or self.file.isatty()
        return ConsoleDimensions(terminal.columns if is_told else _WIDE, terminal.lines)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        raise NotImplementedError("The size is that of the terminal.")


# Bound to the real screen: what libraries print meanwhile is redirected to the log (see `orchestration.runs.run_job`).
console = _Screen(file=sys.stdout, highlight=False)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Data folder of this installation; wins over GUANXI_HOME and .dlt/config.toml. Default: data/.",
        show_default=False,
        file_okay=False,
    ),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts, and nothing else.")]

PACKAGES = (
    "ingestion",
    "linkage",
    "intelligence",
    "expectations",
    "exports",
    "orchestration",
    "stores",
    "dashboards",
    "endpoints",
)
# One line for each file and table is for the log; the screen gets one line for each channel.
_DETAILS = ("ingestion.sources.file_load", "ingestion.sources.pull", "ingestion.readers")
# Characters that each of the other columns needs at least, where the first one is to stay whole.
_NARROWEST_COLUMN = 4
_log_file: Path | None = None


def open_session(
    home: Path | None,
    makes_home: bool = False,
    changes: bool = False,
    for_script: bool = False,
    for_collector: bool = False,
) -> Settings:
    """Read the settings and start logging; progress goes to the screen, everything to `home/logs/guanxi.log`.

    Args:
        home: the `--home` option.
        makes_home: whether the command may begin a data folder; for others one that is not there is a mistyped name.
        changes: whether the command changes what the installation does, so that it must not be run while a past day is
            being looked at: it would mean that day and change today's.
        for_script: whether standard output is a document that a script reads, so that progress goes to standard error.
        for_collector: whether standard output is read by a collector where logs are JSON, so that progress is JSON too.

    Raises:
        UserError: the settings are wrong, there is no such data folder, or a past day is being looked at.
    """
    global _log_file
    settings = load_settings(home=home.expanduser().absolute() if home else None)
    if changes and settings.past_day:
        raise UserError(
            f"GUANXI_PAST_DAY is {settings.past_day}: that is for looking at a past day, and nothing is changed under "
            "it. Unset it and run again."
        )
    # Libraries and child processes that read the settings by themselves must see the same installation.
    os.environ["GUANXI_HOME"] = str(settings.home)
    _log_file = settings.home / "logs" / "guanxi.log"
    kept: list[logging.Handler] = []
    try:
        if not makes_home and not settings.home.exists():
            option = f"--home {shlex.quote(str(settings.home))}"
            raise UserError(
                f"There is no data folder {settings.home}. Check its name, or make it with `guanxi demo {option}` (a "
                f"made-up retailer) or `guanxi run {option}` (your own channels)."
            )
        if makes_home or changes:
            check_home(settings)
            _log_file.parent.mkdir(parents=True, exist_ok=True)
        elif not settings.home.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        # a folder that is only looked at, perhaps no installation at all, stays as it is; its disk may be read-only
        with nullcontext() if makes_home or changes else suppress(OSError):
            if _log_file.parent.is_dir():
                kept.append(RotatingFileHandler(_log_file, maxBytes=5_000_000, backupCount=5, encoding="utf-8"))
        if not kept:
            _log_file = None
    except OSError as unusable:
        raise UserError(
            f"The data folder {settings.home} cannot be used: {unusable.strerror}. Choose another one with --home, "
            "GUANXI_HOME or `home` in .dlt/config.toml, or free space on its disk."
        ) from unusable
    # A log that cannot be written any more must not hide the message that says why.
    logging.raiseExceptions = False
    lines = LogLines("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    for handler in kept:
        handler.setFormatter(JsonLines() if wants_json() else lines)
    shown: logging.Handler = _Progress(Console(stderr=True, highlight=False) if for_script else console)
    if for_collector and wants_json():
        shown = logging.StreamHandler(sys.stdout)
        shown.setFormatter(JsonLines())
    for handler in (*kept, shown):
        handler.addFilter(_redacted)
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.handlers = [shown, *kept]
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return settings


def log_unexpected(defect: BaseException) -> Path:
    """Keep the traceback of a defect; the file that has it."""
    from stores.redaction.text_redaction import redact

    path = _log_file or Path(tempfile.gettempdir()) / "guanxi.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for part in traceback.format_exception(defect):
            file.writelines(log_line(line) + "\n" for line in redact(part).rstrip("\n").split("\n"))
    return path


def print_json(document: Any) -> None:
    """Print a document for a script; days and paths as texts, times as ISO 8601 with their offset.

    A time without one is of the business time zone, as all times of a publication and of the lake are.
    """
    zone = ZoneInfo(load_settings().timezone)

    def as_text(value: Any) -> str:
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=zone)).isoformat()
        return str(value)

    text = json.dumps(document, ensure_ascii=False, indent=2, default=as_text)
    console.print(text, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def chapter(title: str) -> Iterator[None]:
    """Announce a part of the work and say how long it took."""
    console.print(f"[bold]{title}[/bold]")
    started = time.monotonic()
    yield
    console.print(f"[dim]  {time.monotonic() - started:.1f} s[/dim]")


@contextmanager
def steps_in_log_only() -> Iterator[None]:
    """Keep the steps of runs off the screen while the block runs; warnings stay, and the log file has everything."""
    handlers = {handler for name in PACKAGES for handler in logging.getLogger(name).handlers}
    shown = [handler for handler in handlers if isinstance(handler, _Progress)]
    for handler in shown:
        handler.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for handler in shown:
            handler.setLevel(logging.INFO)


class Listing(Table):
    """A table of what is in the data: names of files, reasons and the like are shown as they are, brackets included.

    On a narrow screen they go over several lines: whoever needs a name to type it gets all of it. The first column, the
    name that people copy, stays in one line where there is room for it.
    """

    def add_column(self, *header: Any, **options: Any) -> None:
        """Add a column; what is too long for it is folded, not cut."""
        super().add_column(*header, **{"overflow": "fold", **options})

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row; text in it is no markup."""
        super().add_row(*(escape(cell) if isinstance(cell, str) else cell for cell in cells), **options)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Show it in the width that there is."""
        if self.columns:
            first, others = self.columns[0], len(self.columns) - 1
            longest = max(console.measure(cell, options=options).maximum for cell in (first.header, *first.cells))
            borders = 3 * len(self.columns) + 1
            has_room = options.max_width - borders - longest >= others * _NARROWEST_COLUMN
            # a column that may not wrap is cut where it does not fit
            first.no_wrap = has_room and longest <= options.max_width // 4
        yield from super().__rich_console__(console, options)


def _redacted(record: logging.LogRecord) -> bool:
    """Redact a record of the log; every record passes."""
    # here, because it takes a fifth of a second to import, and most commands that only show something log nothing
    from stores.redaction.text_redaction import RedactingFilter

    return bool(RedactingFilter().filter(record))


class _Progress(logging.Handler):
    """Shows what the packages log: one line a step."""

    def __init__(self, screen: Console) -> None:
        super().__init__(logging.INFO)
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record, warnings in yellow and errors in red."""
        if record.levelno < logging.WARNING and record.name.startswith(_DETAILS):
            return
        style = "red" if record.levelno >= logging.ERROR else "yellow" if record.levelno >= logging.WARNING else ""
        self._screen.print(f"  {log_line(record.getMessage())}", style=style, markup=False, soft_wrap=True)


def require(outcome: JobOutcome) -> JobOutcome:
    """Go on only with a job that went through.

    Raises:
        UserError: it failed for a reason that the reader can fix.
        typer.Exit: it failed otherwise.
    """
    if outcome.user_error:
        raise UserError(outcome.error)
    if not outcome.success:
        console.print(f"  {outcome.error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    return outcome
