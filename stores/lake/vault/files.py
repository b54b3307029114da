"""The files of the vault: where they are, how values are added, whether they are what was written."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from stores.atomic_files import replacing, write_json
from stores.duckdb_connection import literal, literals, open_duckdb
from stores.errors import UserError
from stores.lake.contract_files import FAULT, is_readable_and_empty
from stores.lake.layout import CONTRACT, LEDGERS, VAULT
from stores.lake.vault.file_list import note_files
from stores.settings import Settings

SCHEMA = pa.schema([(name, pa.string()) for name in ("ref", "kind", "sealed")])
"""Columns of values on their way to the vault; the ciphertext as `Keyring.seal` writes it."""
SEALED_KINDS = ("phone", "email")
"""Kinds of identifiers that are opened when a message goes to them; others are ids that stand for themselves."""

T = TypeVar("T")

log = logging.getLogger(__name__)

_TABLE = "sealed_values"
_EMPTY = f"{CONTRACT}contract"


def new_reference() -> str:
    """A reference for a value that has no token: like no other."""
    return secrets.token_hex(16)


def vault_folder(settings: Settings) -> Path:
    """Where the files of the vault are."""
    return settings.lake / VAULT / _TABLE


def vault_files(settings: Settings) -> list[Path]:
    """The files of the vault; none where nothing was ever sealed."""
    return sorted(vault_folder(settings).glob("[!.]*.parquet"))


def vault_relation(settings: Settings) -> str:
    """SQL (DuckDB) for the rows of the vault: `ref`, `kind` and `sealed`, the ciphertext as text.

    Raises:
        UserError: there is no vault.
    """
    files = vault_files(settings)
    if not files:
        raise _missing(settings)
    return stored_rows(files)


def add_sealed(settings: Settings, name: str, files: list[Path]) -> int:
    """Add values; those that the vault has are passed over. They are there, whole and on disk, when this returns.

    Args:
        settings: the installation.
        name: of the new file.
        files: Parquet files with the columns of `SCHEMA`.

    Returns:
        How many values are new.

    Raises:
        UserError: the vault cannot be read or written, or is gone.
    """
    target = vault_folder(settings) / f"{name}.parquet"
    if not vault_files(settings):
        if note_files(settings):
            # a new one in its place would stand in the way of the old one when that is put back
            raise _missing(settings)
        _write_empty_file(settings)
    fresh = (
        "create temp table fresh as select ref, min_by(kind, sealed) as kind, split_part(min(sealed), '.', 1) as key,"
        f" from_base64(split_part(min(sealed), '.', 2)) as sealed from {rows_in(files)} as fresh anti join"
    )
    with open_duckdb(settings) as connection, readable(settings):
        listed_again(
            lambda: connection.execute(f"{fresh} {rows_in(vault_files(settings))} as known using (ref) group by ref")
        )
        ((rows,),) = connection.execute("select count(*) from fresh").fetchall()
        if rows:
            with replacing(target) as draft:
                # What is random does not become smaller.
                connection.execute(f"copy fresh to {literal(draft)} (format parquet, compression uncompressed)")
                size, digest = draft.stat().st_size, sha256(draft)
            write_json(sums_path(settings, name), {"bytes": size, "sha256": digest})
            note_files(settings)
    return int(rows)


def vault_faults(settings: Settings, contents: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with the files of the vault: (path below the lake, what is wrong).

    A file without a sum is of a run that died before anything could refer to it.

    Args:
        settings: the installation.
        contents: True reads every byte and compares the sha256; False looks at names and sizes only.
    """
    noted = note_files(settings)
    if noted and not vault_files(settings):
        what = f"is missing, the vault of the sealed personal values ({len(noted)} files, listed in vault_files.json)"
        yield f"{VAULT}/{_TABLE}", what
        return
    empty = _empty_file(settings)
    if empty.exists() and not is_readable_and_empty(empty):
        yield str(empty.relative_to(settings.lake)), FAULT
    for stem in sorted(noted):
        sums, file = sums_path(settings, stem), vault_folder(settings) / f"{stem}.parquet"
        name = str(file.relative_to(settings.lake))
        if not sums.exists():
            yield (str(sums.relative_to(settings.lake)) if file.exists() else name), "is missing"
            continue
        try:
            said = json.loads(sums.read_text(encoding="utf-8"))
            size, digest = said["bytes"], said["sha256"]
        except (ValueError, KeyError, TypeError):
            yield str(sums.relative_to(settings.lake)), "cannot be read"
            continue
        if not file.exists():
            yield name, "is missing"
        elif file.stat().st_size != size:
            yield name, f"has {file.stat().st_size} bytes instead of {size}"
        elif contents and sha256(file) != digest:
            yield name, "has other content than what was written (sha256)"


def listed_again(read: Callable[[], T]) -> T:
    """Read the files of the vault, once more where one of them went into a merged one after they had been listed.

    Args:
        read: lists the files and reads them.
    """
    try:
        return read()
    except duckdb.IOException:
        return read()


def is_faulty(settings: Settings, name: str) -> bool:
    """Whether the vault must have a file that is not there, or is not what was written.

    Args:
        settings: the installation.
        name: of the file, without its ending.
    """
    if not vault_files(settings):
        return name in note_files(settings)
    own = {str(path.relative_to(settings.lake)) for path in file_and_sum(settings, name)}
    return not own.isdisjoint(path for path, _ in vault_faults(settings, contents=True))


def file_and_sum(settings: Settings, name: str) -> list[Path]:
    """Where a file of the vault and its sum are.

    Args:
        settings: the installation.
        name: of the file, without its ending.
    """
    return [vault_folder(settings) / f"{name}.parquet", sums_path(settings, name)]


def _missing(settings: Settings) -> UserError:
    return UserError(
        f"The vault {vault_folder(settings)} is missing: it holds the sealed addresses, and nothing can be sent "
        "without it. Restore it from the backup of the lake."
    )


def renew_empty_file(settings: Settings) -> None:
    """Write the file without rows again, which makes the vault readable before its first value, where it is damaged."""
    empty = _empty_file(settings)
    if empty.exists() and not is_readable_and_empty(empty):
        log.warning("The vault's file without rows was damaged; it is written again")
        _write_empty_file(settings)


def _empty_file(settings: Settings) -> Path:
    return vault_folder(settings) / f"{_EMPTY}.parquet"


def _write_empty_file(settings: Settings) -> None:
    nothing = "null::text as ref, null::text as kind, null::text as key, null::blob as sealed"
    with open_duckdb(settings) as connection, readable(settings), replacing(_empty_file(settings)) as draft:
        connection.execute(f"copy (select {nothing} limit 0) to {literal(draft)} (format parquet)")


@contextmanager
def readable(settings: Settings) -> Iterator[None]:
    """Says in one sentence what to do when DuckDB cannot read or write a file of the vault.

    Raises:
        UserError: that sentence.
    """
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException) as bad:
        # DuckDB says the same of a full disk.
        raise UserError(
            f"The vault {vault_folder(settings)} cannot be read or written ({str(bad).splitlines()[0][:200]}). If a "
            "file of it is damaged, `guanxi lake verify` says which one: restore it from the backup of the lake."
        ) from bad


def sha256(file: Path) -> str:
    """The sha256 of a file's bytes."""
    with file.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def sums_path(settings: Settings, name: str) -> Path:
    """Where size and sha256 of a file of the vault are noted."""
    return settings.lake / VAULT / LEDGERS / f"{name}.json"


def stored_rows(files: list[Path]) -> str:
    """The rows of vault files; what is random is kept as bytes, which are read several times faster than text."""
    return f"(select ref, kind, key || '.' || to_base64(sealed) as sealed from {rows_in(files)})"


def rows_in(files: list[Path]) -> str:
    """The rows as they stand in vault files."""
    return f"read_parquet({literals(files)}, hive_partitioning = false)"
