"""Carries out `guanxi` commands for the pages: what a button does is what the command line does, word for word.

The app itself only reads. A page that changes something, or asks what needs the campaign files, runs a command as a
process of its own, so that rules, locks, audit and errors are those of the command line.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import Any

from dashboards.queries.published_copy import settings
from stores.errors import UserError

# Every command that a page may run.
COMMANDS = (
    ("campaign", "list"), ("campaign", "preview"), ("campaign", "approve"), ("campaign", "pause"),
    ("campaign", "test"),
    ("journey", "list"), ("journey", "approve"), ("journey", "pause"),
    ("experiment", "read"),
    ("identity", "join"), ("identity", "separate"), ("identity", "undo"),
    ("lake", "freshness"), ("quarantine", "list"), ("quarantine", "refusals"), ("quarantine", "replay"),
)  # fmt: skip
_SECONDS = 120
# Wide, so that nothing is folded in the middle of a name.
_COLUMNS = "1000"


class CommandFailed(UserError):
    """A command refused or failed; the text is what it said."""


def run(*words: str, seconds: float = _SECONDS) -> str:
    """Run a `guanxi` command on the installation that the app shows; what it printed.

    Args:
        words: the command and its arguments, each as one word: `run("campaign", "pause", name, "--by", who)`. What
            people typed stands as `--option=value`, or behind `--`, so that it cannot become an option.
        seconds: how long it may take.

    Raises:
        CommandFailed: it refused, failed or took too long.
        ValueError: no page may run it.
    """
    if words[:2] not in COMMANDS:
        raise ValueError(f"{words[:2]} is none of COMMANDS")
    current = settings()
    environment = {**os.environ, "GUANXI_HOME": str(current.home), "COLUMNS": _COLUMNS, "NO_COLOR": "1"}
    try:
        done = subprocess.run(  # noqa: S603  words in a list, no shell
            [sys.executable, "-m", "orchestration.cli", *words],
            cwd=current.project_root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise CommandFailed(f"{shown(*words)} took longer than {seconds:.0f} s and was stopped.") from late
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise CommandFailed(said[-1] if said else f"{shown(*words)} failed with exit code {done.returncode}.")
    return done.stdout


def ask(*words: str, seconds: float = _SECONDS) -> Any:
    """Run a command with `--json`; the document that it printed. Arguments and errors as `run`."""
    place = words.index("--") if "--" in words else len(words)
    return json.loads(run(*words[:place], "--json", *words[place:], seconds=seconds))


def shown(*words: str) -> str:
    """The command as one would type it, for the page to show beside its button."""
    return shlex.join(["guanxi", *words])
