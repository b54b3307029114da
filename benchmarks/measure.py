"""Runs a function in a process of its own and measures it: seconds it says it took, and the peak of memory."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from orchestration.dbt import dbt_process


@dataclass
class Stopwatch:
    """Seconds of each named phase; the worker decides what counts, so imports and preparation need not.

    Attributes:
        phases: seconds by the clock.
        cpu_seconds: processor seconds of all phases, of the worker and of processes that it started and waited for;
            on a busy machine they say more than the clock.
    """

    phases: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure a block; phases of one name add up."""
        started, cpu_before = time.perf_counter(), sum(os.times()[:4])
        try:
            yield
        finally:
            self.cpu_seconds += sum(os.times()[:4]) - cpu_before
            self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - started


@dataclass(frozen=True)
class Measurement:
    """What one worker did.

    Attributes:
        phases: seconds by phase.
        cpu_seconds: processor seconds of all phases together.
        peak_mb: largest resident memory of the worker or of a process that it started, in MB.
        found: what the worker returned.
    """

    phases: dict[str, float]
    cpu_seconds: float
    peak_mb: float
    found: Any

    @property
    def seconds(self) -> float:
        """Seconds of all phases together."""
        return sum(self.phases.values())


def measured(work: Callable[..., Any], **arguments: Any) -> Measurement:
    """Run `work(stopwatch, **arguments)` in a fresh process.

    Args:
        work: a function of a module; it returns something that can be sent between processes.
        arguments: likewise.

    Raises:
        RuntimeError: the worker failed; the message holds its traceback.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_worker, args=(sender, work, arguments))
    process.start()
    sender.close()
    try:
        said = receiver.recv()
    except EOFError:
        said = "the worker died without a word (killed, or out of memory)"
    process.join()
    if not isinstance(said, Measurement):
        raise RuntimeError(f"{work.__name__} failed:\n{said}")
    return said


def best_of_each(*runs: Callable[[], Measurement], rounds: int = 3) -> list[Measurement]:
    """The fastest of several rounds for each, taken in turns so that a busy moment of the machine hits all alike."""
    taken = [[run() for run in runs] for _ in range(rounds)]
    return [min(each, key=lambda one: one.seconds) for each in zip(*taken, strict=True)]


def _worker(sender: Connection, work: Callable[..., Any], arguments: dict[str, Any]) -> None:
    stopwatch = Stopwatch()
    try:
        found = work(stopwatch, **arguments)
        counted = _of_children()
        dbt_process.stop()  # what it and its dbt commands took counts as this process's only now
        cpu_seconds = stopwatch.cpu_seconds + _of_children() - counted
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        sender.send(Measurement(stopwatch.phases, cpu_seconds, peak / 1024, found))
    except BaseException:
        sender.send(traceback.format_exc())


def _of_children() -> float:
    """Processor seconds of the processes that were waited for, and of theirs."""
    return sum(os.times()[2:4])
