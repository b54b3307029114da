"""A bar for work of many steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def progress_bar(title: str, steps: int, screen: Console) -> Iterator[Callable[[str], None]]:
    """A bar with the time that is left; on no terminal a line for each step.

    Args:
        title: what is shown before the first step.
        steps: how many there are.
        screen: where it is shown.

    Yields:
        What is called after each step, with what to show of it.
    """
    if not screen.is_terminal:
        yield lambda said: screen.print(f"  {said}", markup=False, soft_wrap=True)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left:"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task(title, total=steps)
        yield lambda said: progress.update(task, advance=1, description=said)
