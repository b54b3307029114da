"""The published copy of the marts: a file for each table, versions that name their files, the pointer to one version.

`published/serving-<publication id>.duckdb` is a version: a small file with a view for each table, and the list of the
files that they read. The files lie in `published/tables/`; what did not change since the version before is not copied,
the new version names the same file. Neither is changed once it is written. `published/current.json` names the version
to read and is replaced atomically. A reader takes the path from `current_publication` for every question, so it sees
one publication whole. A publish that dies at any point leaves the pointer, and with it the last good publication, as
they were.
"""

from __future__ import annotations

import errno
import logging
import secrets
import time
from datetime import date
from pathlib import Path

import duckdb

from stores.atomic_files import sync
from stores.errors import UserError
from stores.publication_files.pointer import POINTER, Publication, current_publication, point_to
from stores.publication_files.tables import FOLDER, TableFile, tables_of
from stores.publication_files.version import PUBLISHED_SCHEMAS, read_models, write_version
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

__all__ = ["PUBLISHED_SCHEMAS", "Publication", "newest_publication_id", "publish"]

log = logging.getLogger(__name__)


def newest_publication_id(settings: Settings) -> str | None:
    """Id of the newest publication on disk, current or not; None where there is none."""
    files = _serving_files(settings.published)
    return files[-1].stem.removeprefix("serving-") if files else None


def publish(
    settings: Settings,
    run_id: str,
    as_of: date,
    manifest_path: Path | None,
    may_deliver: bool = False,
    recheck: bool = False,
) -> Publication:
    """Copy marts, segments, campaigns and rules out of the warehouse and move the pointer to the copy.

    Waits for a running writer. What an earlier, killed publish left behind is removed first, publications beyond
    `settings.keep_publications` last. Tables that no model makes any more are left out.

    Args:
        settings: the installation.
        run_id: the run that built the marts.
        as_of: the day whose end the marts describe.
        manifest_path: dbt's `manifest.json`, for descriptions and meta; None publishes every table, undescribed.
        may_deliver: whether its campaign plan may be carried out; without it somebody must release it first.
        recheck: read files of earlier publications before they are used again, for when they may have been damaged.

    Returns:
        The new publication, already current.

    Raises:
        UserError: no warehouse, no marts in it, no manifest, or no room on the disk. The last publication stays.
    """
    if not settings.warehouse_path.exists():
        raise UserError(f"There is no warehouse at {settings.warehouse_path}, so nothing to publish. Run `guanxi run`.")
    models = read_models(manifest_path)
    with writer_lock(settings):
        settings.published.mkdir(parents=True, exist_ok=True)
        previous = _previous(settings)
        known = _remove_leftovers(settings, previous)
        publication = _next(settings, previous, run_id, as_of, may_deliver)
        part = publication.path.with_name(f"{publication.path.name}.part")
        started = time.monotonic()
        try:
            tables, written = write_version(settings, publication, models, part, known, recheck)
            sync(settings.published / FOLDER)
            sync(part)
            part.rename(publication.path)
            sync(settings.published)
        except (duckdb.Error, OSError) as bad:
            _remove_unnamed(settings)
            if getattr(bad, "errno", None) == errno.ENOSPC or "No space left" in str(bad):
                raise UserError(
                    f"The disk that holds {settings.published} is full; nothing was published, the last publication "
                    "stays. Make room and run again."
                ) from bad
            raise
        finally:
            _remove(part)
        point_to(settings, publication)
        _prune(settings, publication)
    log.info(
        "Published %s: %d tables, %d rows in %.1f s; %d tables are written, %d as they were",
        publication.publication_id, len(tables), sum(table.rows for table in tables), time.monotonic() - started,
        written, len(tables) - written,
    )  # fmt: skip
    return publication


def _previous(settings: Settings) -> Publication | None:
    """The current publication; a damaged pointer counts as none, because publishing replaces it."""
    try:
        return current_publication(settings)
    except UserError as damaged:
        log.warning("%s", damaged)
        return None


def _sequence(path: Path) -> int:
    number = path.name.removeprefix("serving-").partition("-")[0]
    return int(number) if number.isdigit() else 0


def _serving_files(folder: Path) -> list[Path]:
    """Publications on disk, oldest first."""
    return sorted(folder.glob("serving-*.duckdb"), key=_sequence)


def _remove_leftovers(settings: Settings, previous: Publication | None) -> list[TableFile]:
    """Drop what a killed publish left: parts, and complete files that the pointer never came to name.

    Returns:
        The tables of the publications that stay.
    """
    folder = settings.published
    for part in [*folder.glob("serving-*.part*"), *folder.glob(f".{POINTER}.*.part")]:
        log.info("Removing %s, left by a run that was killed", part.name)
        part.unlink(missing_ok=True)
    for path in _serving_files(folder):
        if previous and _sequence(path) > _sequence(previous.path):
            log.info("Removing %s, left by a run that was killed before it was published", path.name)
            _remove(path)
    return _remove_unnamed(settings)


def _remove_unnamed(settings: Settings) -> list[TableFile]:
    """Remove the files that no publication on disk names; the tables of those that are there.

    Where a publication cannot be read, nobody knows what it names, and all files stay until it is gone.
    """
    tables: list[TableFile] = []
    is_certain = True
    for path in _serving_files(settings.published):
        try:
            tables += tables_of(settings, path)
        except (duckdb.Error, OSError) as damaged:
            log.warning("The publication %s cannot be read (%s); no file is removed", path, damaged)
            is_certain = False
    if is_certain:
        named = {table.file for table in tables}
        for file in (settings.published / FOLDER).glob("*"):
            if file.relative_to(settings.published).as_posix() not in named:
                file.unlink(missing_ok=True)
    return tables


def _next(settings: Settings, previous: Publication | None, run_id: str, as_of: date, may_deliver: bool) -> Publication:
    newest = max([_sequence(path) for path in _serving_files(settings.published)], default=0)
    sequence = max(newest, _sequence(previous.path) if previous else 0) + 1
    publication_id = f"{sequence:06d}-{as_of:%Y%m%d}-{secrets.token_hex(3)}"
    return Publication(
        publication_id=publication_id,
        run_id=run_id,
        as_of=as_of,
        published_at=settings.now(),
        path=settings.published / f"serving-{publication_id}.duckdb",
        may_deliver=may_deliver,
    )


def _prune(settings: Settings, current: Publication) -> None:
    kept = _serving_files(settings.published)[-settings.keep_publications :]
    for path in _serving_files(settings.published):
        if path not in kept and path != current.path:
            _remove(path)
    _remove_unnamed(settings)


def _remove(path: Path) -> None:
    """Remove a DuckDB file and its write-ahead log; a reader that has it open keeps what it opened."""
    for name in (path.name, f"{path.name}.wal"):
        path.with_name(name).unlink(missing_ok=True)
