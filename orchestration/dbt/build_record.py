"""What the warehouse holds right now: which day, from which run, whether the build went through."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from stores.atomic_files import write_json
from stores.errors import UserError
from stores.lake.reader import recorded_everywhere
from stores.settings import Settings


@dataclass(frozen=True)
class Build:
    """The last dbt build that went through.

    Attributes:
        run_id: the run that built.
        as_of: the day that was built for, YYYY-MM-DD.
        fingerprint: what it was built from; empty when only some models were built since.
    """

    run_id: str
    as_of: str
    fingerprint: str

    @property
    def day(self) -> date:
        """`as_of` as a date."""
        return date.fromisoformat(self.as_of)


def forget(settings: Settings) -> None:
    """Call before a build starts: until `keep`, the warehouse holds something half done."""
    _path(settings).unlink(missing_ok=True)


def keep(settings: Settings, build: Build) -> None:
    """Call when a build went through."""
    write_json(_path(settings), asdict(build))


def is_complete(settings: Settings) -> bool:
    """Whether the last build went through; false also before the first."""
    return _path(settings).exists()


def last(settings: Settings) -> Build:
    """The build that the warehouse holds.

    Raises:
        UserError: nothing was built, or the last build failed or was killed in the middle.
    """
    try:
        return Build(**json.loads(_path(settings).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError) as missing:
        raise UserError(
            "The warehouse holds no complete build, so there is nothing to publish. Run `guanxi run`."
        ) from missing


def note_loads(settings: Settings, rebuilt: bool = False) -> None:
    """Call before and after a build: remember the loads that tables which are kept from run to run may hold rows of.

    Args:
        settings: the installation.
        rebuilt: everything has just been rebuilt, so that loads which are gone have left no rows.
    """
    known = set() if rebuilt else _noted_loads(settings)
    write_json(_loads_path(settings), {"loads": sorted(known | recorded_everywhere(settings.lake))})


def lost_loads(settings: Settings) -> list[str]:
    """Loads that a build has read and that no longer count, as after `guanxi lake set-aside`.

    Their rows may still be in tables that are kept from run to run, so that everything has to be rebuilt.
    """
    return sorted(_noted_loads(settings) - recorded_everywhere(settings.lake))


def _noted_loads(settings: Settings) -> set[str]:
    try:
        return set(json.loads(_loads_path(settings).read_text(encoding="utf-8"))["loads"])
    except FileNotFoundError:
        return set()
    except (ValueError, KeyError, TypeError):
        return {"an unreadable list"}  # which loads were read is not known, so one of them may be gone


def _loads_path(settings: Settings) -> Path:
    return settings.build_state / "built_loads.json"


def _path(settings: Settings) -> Path:
    return settings.build_state / "build.json"
