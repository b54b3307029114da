"""What the warehouse holds right now: which day, from which run, whether the build went through."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from stores.atomic_files import write_json
from stores.errors import UserError
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


def _path(settings: Settings) -> Path:
    return settings.build_state / "build.json"
