"""Registers and histories: tables that no rebuild makes again, such as which ids were issued, and tags by day."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from orchestration.dbt.dbt_project import read_manifest
from stores.duckdb_connection import literal, open_duckdb
from stores.lake.history import Table, append_history, reset_to_published, restore_history
from stores.settings import Settings

_HISTORY, _PUBLISHED_ONLY = "history", "published_only"

log = logging.getLogger(__name__)


def copy(settings: Settings, into: Path, manifest: Path) -> None:
    """Begin a warehouse with the registers of production's. The caller holds the writer's lock.

    Args:
        settings: the installation.
        into: the DuckDB file to begin; made when missing, also where production has no warehouse yet.
        manifest: dbt's `manifest.json`, which says what a full refresh keeps.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    with open_duckdb(settings, into, read_only=False) as connection:
        if not settings.warehouse_path.exists():
            return
        connection.execute(f"attach {literal(settings.warehouse_path)} as origin (read_only)")
        there = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'origin'"
        ).fetchall()
        for schema, table in sorted(set(_kept(manifest)) & set(there)):
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(f'create table "{schema}"."{table}" as from origin."{schema}"."{table}"')


def append_to_lake(settings: Settings, manifest: Path) -> None:
    """Keep in the lake what is new in the registers that are histories. The caller holds the writer's lock.

    Args:
        settings: the installation.
        manifest: dbt's `manifest.json`.

    Raises:
        UserError: the histories in the lake are damaged.
    """
    histories = _histories(manifest)
    append_history(settings, histories, {table: column for table, column in histories.items() if column})


def read_back(settings: Settings, manifest: Path) -> None:
    """Give a warehouse that was deleted the histories that the lake has. The caller holds the writer's lock.

    Args:
        settings: the installation.
        manifest: dbt's `manifest.json`.

    Raises:
        UserError: the histories in the lake are damaged.
    """
    restore_history(settings, _histories(manifest))


def forget_unpublished(settings: Settings, manifest: Path) -> None:
    """Before a build: take back what decides about messages and was never published.

    Models with `published_only` in their meta, such as the steps that customers took in journeys: whoever entered in a
    build that a gate stopped has not entered. The caller holds the writer's lock.

    Args:
        settings: the installation.
        manifest: dbt's `manifest.json`.

    Raises:
        UserError: the histories in the lake are damaged.
    """
    for name, rows in reset_to_published(settings, _histories(manifest, _PUBLISHED_ONLY)).items():
        log.info(
            "%s has %s rows again, as the last publication: a build in between was not published", name, f"{rows:,}"
        )


def _histories(manifest: Path, having: str = "") -> dict[Table, str]:
    """The models with the tag `history`: facts about what was seen on a day, which no rebuild makes again.

    Args:
        manifest: dbt's `manifest.json`.
        having: only those that have this in their meta.

    Returns:
        By table, the column that its meta `grows_by` names: greater in each new row; empty where none is.
    """
    found: dict[Table, str] = {}
    for node in read_manifest(manifest)["nodes"].values():
        meta = node["config"].get("meta", {})
        if (
            node["resource_type"] == "model"
            and _HISTORY in node["config"].get("tags", [])
            and meta.get(having, not having)
        ):
            found[node["schema"], node.get("alias") or node["name"]] = str(meta.get("grows_by", ""))
    return found


def _kept(manifest: Path) -> list[tuple[str, str]]:
    """Schema and table of every model that a full refresh keeps."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return [
        (node["schema"], node.get("alias") or node["name"])
        for node in nodes
        if node["resource_type"] == "model" and node["config"].get("full_refresh") is False
    ]
