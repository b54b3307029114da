"""The place in which a back-test builds: a folder of the home of its own, removed however the back-test ends.

What a kill -9 leaves behind is removed when the next back-test starts: a place whose lock nobody holds is nobody's.
"""

from __future__ import annotations

import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

from orchestration.dbt import dbt_process
from stores.file_locks import exclusive, exclusive_or_not
from stores.settings import Settings

_ALIVE, _DBT = "alive.lock", "dbt.lock"


class PlaceSettings(Settings):
    """The installation, but what is built of it is built in `folder`, whatever past day that is."""

    folder: Path

    def past_day_folder(self, day: date) -> Path:
        """The place of the back-test: its days are built one after the other in the same warehouse."""
        return self.folder

    def on(self, day: date) -> PlaceSettings:
        """The same place, to be built for a day."""
        return self.model_copy(update={"past_day": day})


@contextmanager
def temporary_place(settings: Settings, day: date) -> Iterator[PlaceSettings]:
    """A place to build in, removed when the block ends, by Ctrl-C or SIGTERM too.

    Args:
        settings: the installation.
        day: the day that is built first.
    """
    places = settings.state / "backtest"
    folder = places / secrets.token_hex(4)
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    place = PlaceSettings.model_construct(**values | {"folder": folder, "past_day": day})
    with _ended_by_sigterm(), ExitStack() as held:
        # one at a time, so that nobody takes a place for stale that is being begun
        with exclusive(settings.state / "backtest.lock", "Waiting: another back-test begins"):
            _remove_stale(places)
            held.enter_context(exclusive_or_not(folder / _ALIVE))
        try:
            yield place
        except BaseException:
            dbt_process.stop()
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(places: Path) -> None:
    """Remove what back-tests left that were killed; those that are under way keep theirs."""
    for folder in places.glob("*"):
        with exclusive_or_not(folder / _ALIVE) as is_nobodys:
            if not is_nobodys:
                continue
            # the dbt command of a process that was killed goes on to its end
            with exclusive(folder / "state" / _DBT, "Waiting: a step of a back-test that was killed is ending"):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the process as Ctrl-C does, so that the place is removed then too."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        former = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
