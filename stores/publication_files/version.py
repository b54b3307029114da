"""One version of the published copy: its tables, and the small DuckDB file with a view for each of them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from stores.duckdb_connection import identifier, literal, open_duckdb
from stores.errors import UserError
from stores.publication_files.pointer import Publication
from stores.publication_files.tables import TableFile, TableWriter, follow
from stores.settings import Settings

log = logging.getLogger(__name__)

PUBLISHED_SCHEMAS = ("marts", "segments", "campaigns")
# What readers find, by where it is in the warehouse: the rules that the rows were made by come with them.
_PUBLISHED_AS = {**{schema: schema for schema in PUBLISHED_SCHEMAS}, "seeds": "rules"}


@dataclass(frozen=True)
class Model:
    """What the dbt manifest says about one published table.

    `published_as: view` in its meta: a view of the warehouse that reads published tables only is published as a view of
    them, not as a file of its rows.
    """

    description: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


Models = Mapping[tuple[str, str], Model]
Described = tuple[str, str, Model]  # schema and name as readers have them


def read_models(manifest_path: Path | None) -> Models | None:
    """The published models and seeds by schema and name; None where no manifest is given.

    Raises:
        UserError: the manifest cannot be read.
    """
    if manifest_path is None:
        return None
    try:
        nodes = json.loads(manifest_path.read_text(encoding="utf-8"))["nodes"].values()
    except (OSError, ValueError, KeyError) as bad:
        raise UserError(f"dbt's manifest {manifest_path} cannot be read; run `guanxi run` to make it again.") from bad
    published = {("model", schema) for schema in PUBLISHED_SCHEMAS} | {("seed", "seeds")}
    return {
        (node["schema"], node.get("alias") or node["name"]): Model(
            node.get("description") or "", node.get("meta") or node.get("config", {}).get("meta") or {}
        )
        for node in nodes
        if (node["resource_type"], node["schema"]) in published
    }


def write_version(
    settings: Settings,
    publication: Publication,
    models: Models | None,
    part: Path,
    known: list[TableFile],
    recheck: bool,
) -> tuple[list[TableFile], int]:
    """Write the tables that changed, and the file of a version.

    Args:
        settings: the installation.
        publication: the version.
        models: what is published, with what dbt says of it; None publishes every table.
        part: where the version's file is written.
        known: tables of earlier versions, whose files may be used again.
        recheck: read such a file before it is used again.

    Returns:
        Its tables, and how many of them were written.

    Raises:
        UserError: there are no marts.
    """
    with open_duckdb(settings) as connection:
        follow(connection, publication.path)
        # The warehouse keeps its own name: views in it name their tables with the database's.
        warehouse = settings.warehouse_path.stem
        connection.execute(f"attach {literal(settings.warehouse_path)} as {identifier(warehouse)} (read_only)")
        connection.execute(f"attach {literal(part)} as serving")
        chosen = _chosen(connection, settings, models)
        taken = {(schema, name) for schema, name, _ in chosen}
        writer = TableWriter(connection, settings.published, known, recheck)
        for schema in _PUBLISHED_AS.values():
            connection.execute(f"create schema serving.{schema}")
        connection.execute("use serving")
        tables = []
        described: list[Described] = []
        # views of published tables come after all tables that they may read
        for schema, name, is_view in sorted(chosen, key=lambda one: _is_read_through(one, models)):
            source = f"{identifier(warehouse)}.{schema}.{identifier(name)}"
            model = (models or {}).get((schema, name), Model())
            published_in = _PUBLISHED_AS[schema]
            if _is_read_through((schema, name, is_view), models):
                select = _select_of_view(connection, warehouse, schema, name)
            else:
                tables.append(writer.write(source, is_view, published_in, name))
                select = writer.select(tables[-1], source)
            described.append((published_in, name, model))
            connection.execute(f"create view serving.{published_in}.{identifier(name)} as {select}")
            former = model.meta.get("former_name")
            if former and (schema, former) not in taken:
                # For readers that still use the name that the table had in the release before.
                connection.execute(f"create view serving.{published_in}.{identifier(former)} as {select}")
        _describe(connection, publication, tables, described)
        connection.execute("checkpoint serving")
        connection.execute("use memory")
        connection.execute("detach serving")
    return tables, writer.written


def _is_read_through(found: tuple[str, str, bool], models: Models | None) -> bool:
    """Whether a view of the warehouse stays one in the publication, over the tables that are published beside it."""
    schema, name, is_view = found
    return is_view and (models or {}).get((schema, name), Model()).meta.get("published_as") == "view"


def _select_of_view(connection: duckdb.DuckDBPyConnection, warehouse: str, schema: str, name: str) -> str:
    """The select of a view of the warehouse, reading what is published instead of it."""
    ((sql,),) = connection.execute(
        "select sql from duckdb_views() where database_name = ? and schema_name = ? and view_name = ?",
        [warehouse, schema, name],
    ).fetchall()
    # words in quotes are matched first, so that they stay what they are
    place = re.compile(
        rf"'(?:[^']|'')*'|(?:{re.escape(identifier(warehouse))}|\b{re.escape(warehouse)})\.\"?(\w+)\"?\."
    )
    return place.sub(
        lambda found: f"{_PUBLISHED_AS[found[1]]}." if found[1] in _PUBLISHED_AS else found[0],
        sql.removesuffix(";").partition(" AS ")[2],
    )


def _chosen(
    connection: duckdb.DuckDBPyConnection, settings: Settings, models: Models | None
) -> list[tuple[str, str, bool]]:
    """What is published of the warehouse: schema and name there, and whether it is a view."""
    found = connection.execute(
        "select table_schema, table_name, table_type = 'VIEW' from information_schema.tables"
        f" where table_catalog = ? and table_schema in ({', '.join(map(literal, _PUBLISHED_AS))}) order by all",
        [settings.warehouse_path.stem],
    ).fetchall()
    chosen = [one for one in found if models is None or one[:2] in models]
    for schema, name, _ in sorted(set(found) - set(chosen)):
        log.info("Left out %s.%s: no model makes it any more", schema, name)
    if not any(schema in PUBLISHED_SCHEMAS for schema, _, _ in chosen):
        raise UserError(f"{settings.warehouse_path} has no marts yet, so nothing to publish. Run `guanxi run`.")
    return chosen


def _describe(
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    tables: list[TableFile],
    described: list[Described],
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
    connection.execute(
        "create table serving.publication.tables"
        " (schema_name text, table_name text, file text, row_count bigint, byte_count bigint, digest text)"
    )
    connection.executemany(
        "insert into serving.publication.models values (?, ?, ?, ?)",
        [
            [schema, name, model.description, json.dumps(model.meta, ensure_ascii=False)]
            for schema, name, model in described
        ],
    )
    connection.executemany(
        "insert into serving.publication.tables values (?, ?, ?, ?, ?, ?)",
        [list(astuple(table)) for table in tables],
    )
