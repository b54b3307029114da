"""The published copy of the marts: versioned DuckDB files and the pointer that readers follow.

`published/serving-<publication id>.duckdb` is written once and never changed; `published/current.json` names the one
to read and is replaced atomically. A reader takes the path from `current_publication` for every query and opens it
read-only, so it sees one publication whole. A publish that dies at any point leaves the pointer, and with it the last
good publication, as they were.
"""

from __future__ import annotations

import errno
import json
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from stores.atomic_files import sync
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.publication_pointer import POINTER, Publication, current_publication, point_to
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

log = logging.getLogger(__name__)

PUBLISHED_SCHEMAS = ("marts", "segments", "campaigns")


@dataclass(frozen=True)
class _Model:
    """What the dbt manifest says about one published table."""

    description: str
    meta: dict[str, Any]


def newest_publication_id(settings: Settings) -> str | None:
    """Id of the newest publication on disk, current or not; None where there is none."""
    files = _serving_files(settings.published)
    return files[-1].stem.removeprefix("serving-") if files else None


def publish(
    settings: Settings, run_id: str, as_of: date, manifest_path: Path | None, may_deliver: bool = False
) -> Publication:
    """Copy marts, segments and campaigns out of the warehouse and move the pointer to the copy.

    Waits for a running writer. What an earlier, killed publish left behind is removed first, publications beyond
    `settings.keep_publications` last. Tables that no model makes any more are left out.

    Args:
        settings: the installation.
        run_id: the run that built the marts.
        as_of: the day whose end the marts describe.
        manifest_path: dbt's `manifest.json`, for descriptions and meta; None publishes every table, undescribed.
        may_deliver: whether its campaign plan may be carried out; without it somebody must release it first.

    Returns:
        The new publication, already current.

    Raises:
        UserError: no warehouse, no marts in it, no manifest, or no room on the disk. The last publication stays.
    """
    if not settings.warehouse_path.exists():
        raise UserError(f"There is no warehouse at {settings.warehouse_path}, so nothing to publish. Run `guanxi run`.")
    models = _models(manifest_path)
    with writer_lock(settings):
        settings.published.mkdir(parents=True, exist_ok=True)
        previous = _previous(settings)
        _remove_leftovers(settings.published, previous)
        publication = _next(settings, previous, run_id, as_of, may_deliver)
        part = publication.path.with_name(f"{publication.path.name}.part")
        started = time.monotonic()
        try:
            tables, rows = _copy(settings, publication, models, part)
            sync(part)
            part.rename(publication.path)
            sync(settings.published)
        except (duckdb.Error, OSError) as bad:
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
        "Published %s: %d tables, %d rows in %.1f s",
        publication.publication_id, tables, rows, time.monotonic() - started,
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


def _remove_leftovers(folder: Path, previous: Publication | None) -> None:
    """Drop what a killed publish left: parts, and complete files that the pointer never came to name."""
    for part in [*folder.glob("serving-*.part*"), *folder.glob(f".{POINTER}.*.part")]:
        log.info("Removing %s, left by a run that was killed", part.name)
        part.unlink(missing_ok=True)
    for path in _serving_files(folder):
        if previous and _sequence(path) > _sequence(previous.path):
            log.info("Removing %s, left by a run that was killed before it was published", path.name)
            _remove(path)


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


def _models(manifest_path: Path | None) -> dict[tuple[str, str], _Model] | None:
    if manifest_path is None:
        return None
    try:
        nodes = json.loads(manifest_path.read_text(encoding="utf-8"))["nodes"].values()
    except (OSError, ValueError, KeyError) as bad:
        raise UserError(f"dbt's manifest {manifest_path} cannot be read; run `guanxi run` to make it again.") from bad
    return {
        (node["schema"], node.get("alias") or node["name"]): _Model(
            node.get("description") or "", node.get("meta") or node.get("config", {}).get("meta") or {}
        )
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] in PUBLISHED_SCHEMAS
    }


def _copy(
    settings: Settings, publication: Publication, models: dict[tuple[str, str], _Model] | None, part: Path
) -> tuple[int, int]:
    """Write the publication's file; the number of tables and rows."""
    with open_duckdb(settings) as connection:
        # The warehouse keeps its own name: views in it name their tables with the database's.
        warehouse = _quoted(settings.warehouse_path.stem)
        connection.execute(f"attach {_text(settings.warehouse_path)} as {warehouse} (read_only)")
        connection.execute(f"attach {_text(part)} as serving")
        found = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = ? and list_contains(?, table_schema) order by all",
            [settings.warehouse_path.stem, list(PUBLISHED_SCHEMAS)],
        ).fetchall()
        tables = [table for table in found if models is None or table in models]
        for schema, name in sorted(set(found) - set(tables)):
            log.info("Left out %s.%s: no model makes it any more", schema, name)
        if not tables:
            raise UserError(f"{settings.warehouse_path} has no marts yet, so nothing to publish. Run `guanxi run`.")
        for schema in PUBLISHED_SCHEMAS:
            connection.execute(f"create schema serving.{schema}")
        rows = 0
        for schema, name in tables:
            counted = connection.execute(
                f"create table serving.{schema}.{_quoted(name)} as from {warehouse}.{schema}.{_quoted(name)}"
            ).fetchone()
            rows += counted[0] if counted else 0
        _name_as_before(connection, tables, models or {})
        _describe(connection, publication, {table: (models or {}).get(table) for table in tables})
        connection.execute("checkpoint serving")
        connection.execute("detach serving")
    return len(tables), rows


def _name_as_before(
    connection: duckdb.DuckDBPyConnection, tables: list[tuple[str, str]], models: dict[tuple[str, str], _Model]
) -> None:
    """Views under the names that tables had in the release before, for readers that still use them."""
    inside = connection.execute("select current_database()").fetchall()[0][0]
    # A view that named the database would break: the published file has another name than this one.
    connection.execute("use serving")
    for schema, name in tables:
        former = models[schema, name].meta.get("former_name") if (schema, name) in models else None
        if former and (schema, former) not in tables:
            connection.execute(f"create view {schema}.{_quoted(former)} as from {schema}.{_quoted(name)}")
    connection.execute(f"use {_quoted(inside)}")


def _describe(
    connection: duckdb.DuckDBPyConnection, publication: Publication, tables: dict[tuple[str, str], _Model | None]
) -> None:
    connection.execute("create schema serving.publication")
    connection.execute(
        "create table serving.publication.runs (publication_id text, run_id text, as_of date, published_at timestamp)"
    )
    published_at = publication.published_at.replace(tzinfo=None)
    connection.execute(
        "insert into serving.publication.runs values (?, ?, ?, ?)",
        [publication.publication_id, publication.run_id, publication.as_of, published_at],
    )
    connection.execute(
        "create table serving.publication.models (schema_name text, table_name text, description text, meta json)"
    )
    for (schema, name), model in tables.items():
        described = model or _Model("", {})
        connection.execute(
            "insert into serving.publication.models values (?, ?, ?, ?)",
            [schema, name, described.description, json.dumps(described.meta, ensure_ascii=False)],
        )


def _prune(settings: Settings, current: Publication) -> None:
    kept = _serving_files(settings.published)[-settings.keep_publications :]
    for path in _serving_files(settings.published):
        if path not in kept and path != current.path:
            _remove(path)


def _remove(path: Path) -> None:
    """Remove a DuckDB file and its write-ahead log; a reader that has it open keeps what it opened."""
    for name in (path.name, f"{path.name}.wal"):
        path.with_name(name).unlink(missing_ok=True)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
