"""Lays out what a gate checks: attaches the sources read-only and defines each suite's relation in a scratch database.

The statements are kept as a script beside the failing rows, so a check can be repeated by hand:
`duckdb -init marts.sql`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import duckdb

from expectations.suite import LakeTable, Sources, Suite
from stores.duckdb_connection import literal
from stores.errors import UserError
from stores.lake.layout import channel_of, datasets
from stores.lake.reader import all_rows, completed_loads, tables
from stores.publication_files.tables import attaching
from stores.settings import Settings
from stores.warehouse import current_publication

log = logging.getLogger(__name__)


class Layout:
    """The relations of one boundary's suites in a scratch database.

    Attributes:
        script: the SQL that made them.
        ready: suites that can be validated; the relation has the suite's name.
        refused: why the others cannot be checked although they should be, by suite name.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: Settings,
        suites: Sequence[Suite],
        freshness_hours: Mapping[str, float],
    ) -> None:
        """Look at the sources and define the relations.

        Args:
            connection: an empty in-memory database.
            settings: the installation.
            suites: the suites of one boundary.
            freshness_hours: by channel, see `Sources`.
        """
        self._connection = connection
        self.script = ""
        self.ready: list[Suite] = []
        self.refused: dict[str, str] = {}
        if any(suite.requires for suite in suites):
            self._attach(settings)
        self._run(f"create table completed_loads as\n{_completed_loads(settings)}")
        lake = tuple(_lake_tables(connection, settings))
        sources = Sources(settings, connection, _relations(connection), lake, freshness_hours)
        for suite in suites:
            self._define(suite, sources)

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)
        self.script += f"{statement};\n"

    def _attach(self, settings: Settings) -> None:
        if settings.warehouse_path.exists():
            self._run(f"attach {literal(settings.warehouse_path)} as warehouse (read_only)")
        try:
            publication = current_publication(settings)
        except UserError as damaged:
            # The next publication replaces it, so it must not keep the gate before it from opening.
            log.warning("Nothing is compared with the last publication: %s", damaged)
            return
        if publication:
            for statement in attaching(publication.path, "published"):
                self._run(statement)

    def _define(self, suite: Suite, sources: Sources) -> None:
        missing = [name.partition(".")[2] for name in suite.requires if name not in sources.relations]
        if missing:
            self.refused[suite.name] = f"not in the warehouse: {', '.join(missing)}; build them with `guanxi run`"
            return
        query = suite.relation(sources)
        if query is None:
            log.info("Nothing to check for %s", suite.name)
            return
        kind = "table" if suite.is_computed else "view"
        try:
            self._run(f"create {kind} {suite.name} as\n{query.strip()}")
        except duckdb.Error as bad:
            # A gate that cannot check must not let pass; the other suites still say what they find.
            self.refused[suite.name] = str(bad).strip().splitlines()[0]
            return
        self.ready.append(suite)


def _relations(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    query = "select table_catalog || '.' || table_schema || '.' || table_name from information_schema.tables"
    return frozenset(name for (name,) in connection.execute(query).fetchall())


def _completed_loads(settings: Settings) -> str:
    """A query for the completed loads of every channel; a load that died half-way is not among them."""
    found = [
        f"select distinct '{channel_of(dataset)}' as channel, load_id from ({completed_loads(dataset)})"
        for dataset in datasets(settings.lake)
    ]
    return "\nunion all\n".join(found) or "select null::text as channel, null::text as load_id where false"


def _lake_tables(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[LakeTable]:
    """Tables of the lake that hold at least one file."""
    found = []
    for dataset in datasets(settings.lake):
        channel = channel_of(dataset)
        for table in tables(dataset):
            scan = all_rows(dataset, table)
            columns = tuple(column[0] for column in connection.execute(f"describe select * from {scan}").fetchall())
            loads = f"select load_id from completed_loads where channel = '{channel}'"
            relation = f"(select * from {scan} where _dlt_load_id in ({loads}))"
            found.append(LakeTable(channel, table, columns, relation))
    return found
