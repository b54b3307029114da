"""Finding sealed values by their references: once, a few at a time, or most of the vault."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.lake.vault.files import listed_again, readable, stored_rows, vault_files, vault_relation
from stores.settings import Settings

_NOTHING = "select null::text as ref, null::text as sealed limit 0"


def find_sealed(settings: Settings, refs: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Kind and ciphertext of references, in one read of the vault.

    Args:
        settings: the installation.
        refs: references, in any number and order.

    Returns:
        What was found: reference to (kind, ciphertext). What is missing is not in it.

    Raises:
        UserError: there is no vault, or it cannot be read.
    """
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    with open_duckdb(settings) as connection, readable(settings):
        connection.register("wanted", pa.table({"ref": pa.array(wanted, pa.string())}))
        return listed_again(lambda: _found(connection, vault_relation(settings)))


class VaultReader:
    """Looks up a few references at a time; what it was told to load before, it finds without reading the vault again.

    Args:
        settings: the installation.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: duckdb.DuckDBPyConnection | None = None

    def load(self, refs: Iterable[list[str]]) -> None:
        """Have the values of references at hand, in the place of those that were loaded before; see `find`.

        Args:
            refs: lists of references.

        Raises:
            UserError: there is no vault, or it cannot be read.
        """
        self.forget()
        connection = open_duckdb(self._settings)
        connection.execute("create table wanted (ref text)")
        for some in refs:
            connection.register("more", pa.table({"ref": pa.array(some, pa.string())}))
            connection.execute("insert into wanted from more")
        ((count,),) = connection.execute("select count(*) from wanted").fetchall()
        if count:
            with readable(self._settings):
                listed_again(
                    lambda: connection.execute(
                        f"create table loaded as select * from {vault_relation(self._settings)} as vault"
                        " where ref in (select ref from wanted)"
                    )
                )
            connection.execute("drop table wanted")
            self._connection = connection

    def forget(self) -> None:
        """Forget what was loaded."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def find(self, refs: Iterable[str]) -> dict[str, tuple[str, str]]:
        """As `find_sealed`: from what was loaded, and of the rest in one read of the vault."""
        wanted = sorted(set(refs))
        found: dict[str, tuple[str, str]] = {}
        if self._connection is not None and wanted:
            self._connection.register("wanted", pa.table({"ref": pa.array(wanted, pa.string())}))
            found = _found(self._connection, "loaded")
        return found | find_sealed(self._settings, [ref for ref in wanted if ref not in found])


class LoadedVault:
    """The whole vault at hand, for who looks up most of it; a context manager. It spills to disk as it must.

    Args:
        settings: the installation.
    """

    def __init__(self, settings: Settings) -> None:
        self._connection = open_duckdb(settings)
        files = vault_files(settings)
        rows = f"select ref, min(sealed) as sealed from {stored_rows(files)} as files group by ref" if files else ""
        with readable(settings):
            self._connection.execute(f"create temp table vault as {rows or _NOTHING}")

    def __enter__(self) -> LoadedVault:
        return self

    def __exit__(self, *failure: object) -> None:
        self._connection.close()

    def find(self, refs: pa.Array) -> pa.Array:
        """The ciphertexts of references, in their order; null where the reference is null.

        Args:
            refs: text, nulls allowed.

        Raises:
            UserError: one of them is not in the vault.
        """
        encoded = refs.cast(pa.string()).dictionary_encode()
        places = pa.array(range(len(encoded.dictionary)), pa.int64())
        self._connection.register("wanted", pa.table({"place": places, "ref": encoded.dictionary}))
        found = self._connection.execute(
            "select vault.sealed from wanted left join vault using (ref) order by wanted.place"
        ).to_arrow_table()
        sealed = found.column(0).combine_chunks()
        if sealed.null_count:
            raise UserError(
                f"The vault lacks {sealed.null_count} values that are referred to. Restore it from its backup."
            )
        return pc.take(sealed, encoded.indices)


def _found(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, tuple[str, str]]:
    """What a relation has of the references in `wanted`."""
    query = (
        f"select ref, min_by(kind, sealed), min(sealed) from {relation} as vault"
        " where ref in (select ref from wanted) group by ref"
    )
    return {ref: (kind, sealed) for ref, kind, sealed in connection.execute(query).fetchall()}
