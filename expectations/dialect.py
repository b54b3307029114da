"""SQLAlchemy dialect through which Great Expectations computes inside DuckDB.

Great Expectations knows no DuckDB, but it speaks PostgreSQL, and DuckDB understands nearly all of that. This dialect
calls itself PostgreSQL and corrects the rest. It works on a DuckDB connection that its caller opened and fills:

    with duckdb.connect() as connection, served(connection) as url:
        engine = sqlalchemy.create_engine(url)
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql import base as postgresql
from sqlalchemy.pool import StaticPool

_DRIVER = "guanxi_duckdb"

_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "TINYINT": sa.SMALLINT,
    "SMALLINT": sa.SMALLINT,
    "INTEGER": sa.INTEGER,
    "BIGINT": sa.BIGINT,
    "HUGEINT": sa.NUMERIC,
    "UINTEGER": sa.BIGINT,
    "UBIGINT": sa.NUMERIC,
    "FLOAT": sa.FLOAT,
    "DOUBLE": sa.DOUBLE,
    "VARCHAR": sa.VARCHAR,
    "BOOLEAN": sa.BOOLEAN,
    "DATE": sa.DATE,
    "TIMESTAMP": sa.TIMESTAMP,
}


# The databases served now: by name, the caller's connection and after it those made from it.
_served: dict[str, list[duckdb.DuckDBPyConnection]] = {}


@contextmanager
def served(connection: duckdb.DuckDBPyConnection) -> Iterator[sa.URL]:
    """Make a DuckDB connection reachable for SQLAlchemy.

    Args:
        connection: stays the caller's, who closes it.

    Yields:
        The URL. At the end every connection made through it is closed, whoever still holds one, so that files attached
        to the database are free again.
    """
    name = secrets.token_hex(8)
    _served[name] = [connection]
    try:
        yield sa.URL.create(_DRIVER, database=name)
    finally:
        for made in _served.pop(name)[1:]:
            made.close()


class Cursor:
    """DB-API cursor whose rows are all in memory, because Great Expectations fetches after it has rolled back."""

    arraysize = 1

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self._next = 0
        self.description: Any = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run a statement and keep its rows."""
        done = self._connection.execute(statement, list(parameters) or None)
        self.description = done.description
        self._rows, self._next = (done.fetchall() if self.description else []), 0
        self.rowcount = len(self._rows)
        return self

    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each set of parameters."""
        for one in parameters:
            self.execute(statement, one)

    def fetchone(self) -> Any:
        """The next row, None when there is none."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows."""
        rows = self._rows[self._next : self._next + (size or self.arraysize)]
        self._next += len(rows)
        return rows

    def fetchall(self) -> list[Any]:
        """All remaining rows."""
        return self.fetchmany(len(self._rows) - self._next) if self._next < len(self._rows) else []

    def close(self) -> None:
        """Let the rows go."""
        self._rows = []


class Connection:
    """DB-API connection to a DuckDB; the checks only read, so commit and rollback have nothing to do."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> Cursor:
        """A new cursor."""
        return Cursor(self._connection)

    def commit(self) -> None:
        """Nothing to commit."""

    def rollback(self) -> None:
        """Nothing to roll back."""

    def close(self) -> None:
        """Close this connection."""
        self._connection.close()


class DriverModule:
    """What SQLAlchemy expects of a DB-API module."""

    apilevel, threadsafety, paramstyle = "2.0", 1, "qmark"
    Error = duckdb.Error
    DatabaseError = duckdb.DatabaseError
    DataError = duckdb.DataError
    IntegrityError = duckdb.IntegrityError
    InternalError = duckdb.InternalError
    NotSupportedError = duckdb.NotSupportedError
    OperationalError = duckdb.OperationalError
    ProgrammingError = duckdb.ProgrammingError
    InterfaceError = duckdb.Error
    Warning = duckdb.Warning

    @staticmethod
    def connect(name: str) -> Connection:
        """A connection of its own to a database that `served` serves."""
        connection = _served[name][0].cursor()
        _served[name].append(connection)
        return Connection(connection)


class Compiler(postgresql.PGCompiler):
    """PostgreSQL's SQL with the spellings that mean something else in DuckDB corrected."""

    def visit_custom_op_binary(self, element: Any, operator: Any, **keywords: Any) -> str:
        """Compile `~` as a search: in DuckDB it must match the whole text."""
        if operator.opstring in ("~", "!~"):
            found = (
                f"regexp_matches({self.process(element.left, **keywords)}, {self.process(element.right, **keywords)})"
            )
            return found if operator.opstring == "~" else f"(not {found})"
        return str(super().visit_custom_op_binary(element, operator, **keywords))

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        """Leave parameters uncast: DuckDB takes their types from Python."""
        return sqltext


class DuckDBDialect(postgresql.PGDialect):
    """DuckDB in PostgreSQL's clothes; Great Expectations decides everything by `name`."""

    name, driver = "postgresql", "duckdb"
    default_paramstyle = "qmark"
    statement_compiler = Compiler
    supports_statement_cache = False
    _backslash_escapes = False  # to DuckDB a backslash in a literal is a backslash
    supports_server_side_cursors = False
    supports_sane_rowcount = False

    @classmethod
    def import_dbapi(cls) -> Any:
        """The DB-API module."""
        return DriverModule

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[StaticPool]:
        """One connection for all."""
        return StaticPool

    def create_connect_args(self, url: sa.URL) -> Any:
        """The name under which the database is served."""
        return [url.database], {}

    def initialize(self, connection: Any) -> None:
        """Skip PostgreSQL's questions to a new connection."""
        self.default_schema_name = "main"

    def on_connect(self) -> None:
        """Nothing to set on a new connection."""
        return

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing to begin."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing to roll back."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing to commit."""

    def do_ping(self, dbapi_connection: Any) -> bool:
        """A database in this process is always there."""
        return True

    def get_schema_names(self, connection: Any, **keywords: Any) -> list[str]:
        """Schemas of the database itself, not of what is attached to it."""
        query = "select schema_name from duckdb_schemas() where database_name = current_database()"
        return [name for (name,) in connection.execute(sa.text(query))]

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **keywords: Any) -> bool:
        """Whether a table or view of that name is to be checked."""
        return table_name in self._names(connection, schema, "%")

    def get_table_names(self, connection: Any, schema: str | None = None, **keywords: Any) -> list[str]:
        """Tables of a schema."""
        return self._names(connection, schema, "BASE TABLE")

    def get_view_names(self, connection: Any, schema: str | None = None, **keywords: Any) -> list[str]:
        """Views of a schema."""
        return self._names(connection, schema, "VIEW")

    def get_temp_table_names(self, connection: Any, schema: str | None = None, **keywords: Any) -> list[str]:
        """None: temporary tables are not checked."""
        return []

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **keywords: Any) -> list[Any]:
        """Names and types of a table's columns, in order."""
        query = (
            "select column_name, data_type, is_nullable from duckdb_columns()"
            " where database_name = current_database() and schema_name = :schema and table_name = :name"
            " order by column_index"
        )
        found = connection.execute(sa.text(query), {"schema": schema or "main", "name": table_name})
        return [
            {
                "name": name,
                "type": _type(data_type),
                "nullable": bool(nullable),
                "default": None,
                "autoincrement": False,
            }
            for name, data_type, nullable in found
        ]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **keywords: Any) -> Any:
        """No table to check has one."""
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **keywords: Any) -> Any:
        """No table to check has any."""
        return []

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **keywords: Any) -> Any:
        """No table to check has any."""
        return []

    def _names(self, connection: Any, schema: str | None, kind: str) -> list[str]:
        query = (
            "select table_name from information_schema.tables"
            " where table_catalog = current_database() and table_schema = :schema and table_type like :kind"
        )
        return [name for (name,) in connection.execute(sa.text(query), {"schema": schema or "main", "kind": kind})]


def _type(data_type: str) -> sa.types.TypeEngine[Any]:
    if data_type.startswith("DECIMAL"):
        return sa.NUMERIC()
    return _TYPES.get(data_type, sa.types.NullType)()


registry.register(_DRIVER, __name__, "DuckDBDialect")
