"""Merging the small files of the vault: each load leaves one, and whoever looks something up opens them all."""

from __future__ import annotations

import time

from stores.atomic_files import replacing, write_json
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.lake.layout import COMPACTED, CONTRACT
from stores.lake.vault.file_list import files_going, note_files
from stores.lake.vault.files import (
    rows_in,
    sha256,
    sums_path,
    vault_faults,
    vault_files,
    vault_folder,
)
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

SMALL_BYTES = 64 << 20
_FEWEST_FILES = 8


def compact_vault(settings: Settings, is_trial: bool = False) -> int:
    """Merge the small files of the vault into one. It waits for a build; loads and sending go on.

    The merged file is there before the small ones go: what dies in between leaves values twice, which nobody notices.

    Args:
        settings: the installation.
        is_trial: True changes nothing.

    Returns:
        How many files were merged, or would be.

    Raises:
        UserError: a file of the vault is damaged.
    """
    with writer_lock(settings):
        small = [
            path
            for path in vault_files(settings)
            if path.stat().st_size < SMALL_BYTES and not path.name.startswith(CONTRACT)
        ]
        if len(small) < _FEWEST_FILES or is_trial:
            return len(small) if len(small) >= _FEWEST_FILES else 0
        for file, what in vault_faults(settings, contents=True):
            raise UserError(f"{file} {what}. The vault was not compacted; `guanxi lake verify` says what to do.")
        name = f"{COMPACTED}{int(time.time() * 1000)}"
        rows = rows_in(small)
        with open_duckdb(settings) as connection, replacing(vault_folder(settings) / f"{name}.parquet") as draft:
            connection.execute(
                f"copy (select distinct on (ref) * from {rows}) to {literal(draft)}"
                " (format parquet, compression uncompressed)"
            )
            counts = f"select (select count(distinct ref) from {rows}), (select count(*) from read_parquet(?))"
            ((expected, written),) = connection.execute(counts, [str(draft)]).fetchall()
            if expected != written:
                raise UserError(f"The vault was not compacted: {written} values were written instead of {expected}.")
            sums = {"bytes": draft.stat().st_size, "sha256": sha256(draft)}
        write_json(sums_path(settings, name), sums)
        note_files(settings)
        with files_going(settings, {path.stem for path in small}):
            for path in small:
                # The sum first: without one a file is not missed.
                sums_path(settings, path.stem).unlink(missing_ok=True)
                path.unlink()
    return len(small)
