"""Values that were sealed by a run, on their way to the vault."""

from __future__ import annotations

import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stores.lake.vault import SCHEMA, add_sealed
from stores.settings import Settings

_BYTES_IN_MEMORY = 24 << 20


class SealedValues:
    """Gathers references and ciphertexts; what does not fit into memory goes to files, for it may lie anywhere.

    Args:
        folder: where files go; None: everything stays in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._memory: list[pa.Table] = []
        self._files: list[Path] = []

    def add(self, kind: str, refs: list[str], sealed: list[str]) -> None:
        """Take in values.

        Args:
            kind: what they were sealed as.
            refs: their references.
            sealed: their ciphertexts.
        """
        if not refs:
            return
        kinds = pa.repeat(pa.scalar(kind, pa.string()), len(refs))
        columns = [pa.array(refs, pa.string()), kinds, pa.array(sealed, pa.string())]
        self._memory.append(pa.Table.from_arrays(columns, schema=SCHEMA))
        if self._folder and sum(rows.nbytes for rows in self._memory) > _BYTES_IN_MEMORY:
            self._write(self._folder)

    def table(self) -> pa.Table:
        """What is in memory."""
        return pa.concat_tables([SCHEMA.empty_table(), *self._memory])

    def files(self, folder: Path) -> list[Path]:
        """Everything as Parquet files.

        Args:
            folder: where a file of what is in memory goes.
        """
        if self._memory:
            self._write(folder)
        return self._files

    def keep(self, settings: Settings, name: str, folder: Path) -> int:
        """Bring everything into the vault, where it is not there already; returns how many values are new.

        Args:
            settings: the installation.
            name: of the file in the vault.
            folder: where a file may lie meanwhile.
        """
        files = self.files(folder)
        new = add_sealed(settings, name, files) if files else 0
        self.drop()
        return new

    def drop(self) -> None:
        """Forget what was gathered."""
        for place in self._files:
            place.unlink(missing_ok=True)
        self._files, self._memory = [], []

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"sealed_values.{next(self._numbers)}.parquet"
        pq.write_table(pa.concat_tables(self._memory), place)
        self._files.append(place)
        self._memory = []
