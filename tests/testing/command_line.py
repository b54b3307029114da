"""The command line in processes of its own that start at once: forks of a server that has imported the platform.

Importing it takes longer than much of what tests run. That `python -m orchestration.cli` starts by itself is shown by
the tests that start it in full.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from stores.settings import PROJECT_ROOT

PACKAGES = ("stores", "ingestion", "linkage", "intelligence", "expectations", "exports", "orchestration")
SCREEN = {"COLUMNS": "200"}  # read when the platform is imported


def run_guanxi(
    arguments: Sequence[str], environment: Mapping[str, str], before: str = "", timeout: float = 900
) -> CompletedProcess[str]:
    """Run one command to its end, as a process with these variables and no others.

    Args:
        arguments: what stands behind `guanxi`.
        environment: its variables; the width of the screen is always the same.
        before: Python source that the process runs first.
        timeout: seconds after which it is killed.
    """
    with tempfile.TemporaryDirectory(prefix="gx-said-") as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _server().Process(
            target=_command, args=(list(arguments), dict(environment) | SCREEN, str(out), str(err), before)
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"guanxi {' '.join(arguments)} took too long: {out.read_text()}{err.read_text()}")
        return CompletedProcess(list(arguments), process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.testing.platform_imported"])
    from multiprocessing import forkserver

    with patch.dict(os.environ, SCREEN):
        forkserver.ensure_running()
    return context


def _command(arguments: list[str], environment: dict[str, str], out: str, err: str, before: str) -> None:
    """What the new process does."""
    for descriptor, path in ((1, out), (2, err)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(PROJECT_ROOT)
    sys.argv = ["guanxi", *arguments]
    try:
        exec(before, {})
        from orchestration.cli.main import main

        main()
    finally:
        atexit._run_exitfuncs()  # such a process ends without them


def import_platform() -> None:
    """Import every module of the product's packages, and what they import only when they need it."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    importlib.import_module("great_expectations")
