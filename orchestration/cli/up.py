"""`guanxi up`: everything that stays running."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack
from functools import partial
from logging.handlers import RotatingFileHandler
from typing import Annotated

import typer

from orchestration.cli.child_processes import run_together
from orchestration.cli.ports import LOCALHOST, choose_ports, the_only_one
from orchestration.cli.session import HomeOption, console, open_session
from stores.errors import UserError
from stores.redaction.json_lines import JsonLines, wants_json
from stores.redaction.log_lines import LogLines
from stores.settings import Settings

LOG_FILE = "up.log"


def up(
    home: HomeOption = None,
    app_only: Annotated[bool, typer.Option("--app-only", help="Only the Streamlit app, without Dagster.")] = False,
) -> None:
    """Start the Dagster UI, its daemons and the app; Ctrl-C stops all of them. The ports are settings."""
    settings = open_session(home, makes_home=True, for_collector=True)
    from stores.key_record import open_keyring

    refuse_past_day(settings, app_only)
    open_keyring(settings)
    log = program_log(settings)
    with ExitStack() as stack:
        if not app_only and not stack.enter_context(the_only_one(settings, "up")):
            raise UserError(
                f"`guanxi up` runs for {settings.home} already, with Dagster on port {settings.ports.dagster} and the "
                f"app on port {settings.ports.app}. Use it, or stop it first."
            )
        # What is only looked at stands beside an `up` whose ports the others know.
        ports = needed_ports(settings, app_only)
        chosen = stack.enter_context(choose_ports(settings, ports, partial(_tell, log), is_kept=not app_only))
        _run(chosen, app_only, log)


def needed_ports(settings: Settings, app_only: bool) -> list[str]:
    """The ports that the programs listen on, as under [guanxi.ports].

    Raises:
        UserError: another command serves the demo's retailer.
    """
    if app_only:
        return ["app"]
    if not settings.is_demo:
        return ["app", "dagster"]
    with the_only_one(settings, "demo") as is_free:
        if not is_free:
            raise UserError(f"Another command serves the retailer of {settings.home}. Wait until it has ended.")
    return ["app", "dagster", "demo"]


def _run(settings: Settings, app_only: bool, log: logging.Logger) -> None:
    commands = process_commands(settings, app_only)
    from orchestration.dagster_host.instance import process_environment

    environment = process_environment(settings)
    if not app_only:
        _read_settings_and_dbt_project(settings)
        tell_fixed_day(settings, log)
        _tell(log, f"Dagster  http://{LOCALHOST}:{settings.ports.dagster}")
    _tell(log, f"App      http://{LOCALHOST}:{settings.ports.app}")
    _tell(log, f"Ctrl-C stops everything. What they say is in {settings.home / 'logs' / LOG_FILE}.")
    ended = run_together(commands, {**os.environ, **environment}, settings.project_root, log)
    if ended:
        log.error("%s ended by itself, so everything was stopped", ended, extra={"program": "up"})
        raise typer.Exit(1)


def _tell(log: logging.Logger, line: str) -> None:
    """Say it on the screen; as JSON where the screen is a collector's."""
    if wants_json():
        log.info("%s", line, extra={"program": "up"})
    else:
        console.print(line, markup=False, soft_wrap=True)


def program_log(settings: Settings) -> logging.Logger:
    """Where the programs' lines go: all of them to `logs/up.log`, warnings and errors to the screen.

    As JSON, which a collector reads from standard output, every line goes there too.
    """
    log = logging.getLogger("guanxi.up")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    kept = RotatingFileHandler(settings.home / "logs" / LOG_FILE, maxBytes=5_000_000, backupCount=5, encoding="utf-8")
    shown = logging.StreamHandler(sys.stdout)
    if wants_json():
        for handler in (kept, shown):
            handler.setFormatter(JsonLines())
    else:
        kept.setFormatter(LogLines("%(asctime)s %(program)s: %(message)s"))
        shown.setFormatter(LogLines("%(program)s: %(message)s"))
        shown.setLevel(logging.WARNING)
    log.handlers = [kept, shown]
    return log


def _read_settings_and_dbt_project(settings: Settings) -> None:
    """Read settings and dbt project here, so that a mistake in them is one line on the screen."""
    from orchestration.dbt import dbt_process, dbt_project
    from orchestration.runs.preflight import check_sections

    check_sections(settings)
    dbt_project.prepare_manifest(settings)
    dbt_process.stop()


def refuse_past_day(settings: Settings, app_only: bool) -> None:
    """A past day is for looking at: the app may show it, nothing runs under it.

    Raises:
        UserError: schedules and sensors would start under a past day.
    """
    if settings.past_day and not app_only:
        raise UserError(
            f"GUANXI_PAST_DAY is {settings.past_day}: only the app can show a past day. "
            "Start `guanxi up --app-only`, or unset it."
        )


def tell_fixed_day(settings: Settings, log: logging.Logger) -> None:
    """Say that what starts by itself stays with the day that the home is fixed on."""
    from orchestration.runs.business_day import fixed_day

    try:
        day = fixed_day(settings)
    except UserError as damaged:
        # What is to be looked at starts all the same, and says so; what would build refuses by itself.
        log.error("%s", damaged, extra={"program": "up"})
        return
    if day:
        _tell(
            log,
            f"This home is fixed on {day}: new data is built for that day and nothing is sent. "
            "`guanxi day today` lets it follow today.",
        )


def process_commands(settings: Settings, app_only: bool) -> dict[str, list[str]]:
    """The processes to run, by name."""
    commands = {
        "app": [
            sys.executable, "-m", "streamlit", "run", str(settings.project_root / "dashboards" / "server.py"),
            "--server.address", LOCALHOST, "--server.port", str(settings.ports.app),
            "--server.headless", "true", "--logger.enableRich", "false", "--browser.gatherUsageStats", "false",
            # It would look at every file of the app several times a second, for ever.
            "--server.fileWatcherType", "none",
            # The wall in server.py knows the settings' names too.
            "--server.allowedHosts", "*",
        ]
    }  # fmt: skip
    if not app_only:
        commands["dagster"] = [
            sys.executable, "-m", "orchestration.dagster_host.host",
            "--workspace", str(settings.project_root / "workspace.yaml"),
            "--host", LOCALHOST, "--port", str(settings.ports.dagster),
        ]  # fmt: skip
        if settings.is_demo:
            commands["retailer"] = [sys.executable, "-m", "orchestration.cli", "serve-demo"]
    return commands


def serve_demo(home: HomeOption = None) -> None:
    """Serve the demo retailer's shop and messaging tool until stopped."""
    settings = open_session(home)
    import signal
    import threading

    from demo_retailer.servers.local_server import serve

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with the_only_one(settings, "demo"), serve(settings, settings.ports.demo):
        console.print(f"The demo retailer answers on http://{LOCALHOST}:{settings.ports.demo}")
        stopped.wait()
