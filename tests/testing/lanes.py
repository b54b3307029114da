"""Two lanes: a test that starts a process is heavy, or one of a file that was measured to be slow; the others are the
fast lane (`make test-fast`), which takes less than three minutes.

Warehouses are built, and Spark, browsers, servers and the command line are started, in processes. Whether a test starts
one is read from its code, its fixtures and what they call in `tests` and `benchmarks`. Where the product does,
the test carries the marker; a test of the fast lane that starts a process fails and says so.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from stores.settings import PROJECT_ROOT
from tests.testing.measured import light_seconds

OURS = ("tests.", "benchmarks.")
STARTERS = {"subprocess", "Popen", "fork", "multiprocessing", "dbt_process", "sync_playwright"}
# Quick ones, which do not make a test heavy.
QUICK_PROGRAMS = {"git", "file", "lint-imports"}
QUICK_FOLDERS = {"architecture"}
# Processor seconds of a file's light tests; with fewer, the fast lane has them.
SLOW_FROM = 6.0
_known: dict[object, bool] = {}
_started: list[str] = []


def mark_heavy(items: list[pytest.Item]) -> None:
    """Mark the tests that start processes, and the light ones of files in which they take long."""
    slow = {PROJECT_ROOT / file for file, seconds in light_seconds().items() if seconds >= SLOW_FROM}
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()
        functions = [getattr(item, "function", None), *(each.func for found in fixtures for each in found)]
        if any(map(_starts_processes, functions)) and item.path.parent.name not in QUICK_FOLDERS:
            item.add_marker("heavy")
        if item.path in slow and not item.get_closest_marker("heavy"):
            item.add_marker("slow")
            item.add_marker("heavy")


def longest_first(items: list[pytest.Item]) -> None:
    """Put files with heavy tests first, so that no worker sits idle at the end while another has a long one left.

    Neighbours in a folder often wait for the same shared build: the files are spread.
    """
    heavy = {item.path for item in items if item.get_closest_marker("heavy")}
    items.sort(key=lambda item: (item.path not in heavy, hashlib.sha256(item.path.name.encode()).digest()))


def _starts_processes(named: object) -> bool:
    """Whether a function of ours, or a method of a class of ours, or what they call, can start a process."""
    named = inspect.unwrap(named) if callable(named) else named
    if not str(getattr(named, "__module__", "")).startswith(OURS) or not isinstance(named, (FunctionType, type)):
        return False
    if named not in _known:
        _known[named] = False  # for those that call each other
        parts = vars(named).values() if isinstance(named, type) else [named]
        functions = [one for part in parts if isinstance(one := getattr(part, "fget", part), FunctionType)]
        _known[named] = any(_calls_one_that_does(function) for function in functions)
    return _known[named]


def _calls_one_that_does(function: FunctionType) -> bool:
    names = set(_names(function.__code__))
    if names & STARTERS:
        return True
    found = [function.__globals__.get(name) for name in names]
    modules = [one for one in found if isinstance(one, ModuleType) and one.__name__.startswith(OURS)]
    found += [getattr(module, name, None) for module in modules for name in names]
    return any(map(_starts_processes, found))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def watch_processes() -> Callable[[], list[str]]:
    """From now on notice every process that is started; the answer tells which, since it was last asked."""
    sys.addaudithook(_notice)

    def since_last_asked() -> list[str]:
        found = list(_started)
        _started.clear()
        return found

    return since_last_asked


def _notice(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        command = arguments[1]
        words = [str(word) for word in command] if isinstance(command, (list, tuple)) else [str(command)]
        # What Dagster starts to copy the output of a step, and to end that copying.
        of_dagsters_log = any("/compute_logs/" in word or word.endswith("/watch_orphans.py") for word in words)
        if Path(words[0]).name not in QUICK_PROGRAMS and not of_dagsters_log:
            _started.append(" ".join(words)[:300])
    elif event in ("os.fork", "os.posix_spawn"):
        _started.append(event)
