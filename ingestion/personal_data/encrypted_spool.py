"""Rows of one reading while they are still in clear: the first ones in memory, the rest encrypted on disk.

DuckDB cannot encrypt what it spills without an extension, and what it spills here would be somebody's phone number. So
a reader hands its rows over in batches; beyond some megabytes they go to a file that only this process can open.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SPOOLED = "spooled_rows"
ROWS_A_BATCH = 100_000
BYTES_A_BATCH = 24 << 20
_BYTES_IN_MEMORY = 24 << 20
_LENGTH_BYTES = 8


class Spool:
    """Batches of rows with the same columns, in order, to be read as often as needed.

    A part that reads from a spool speaks of it as the view `spooled_rows`, which holds one batch after the other.

    Args:
        connection: its `temp_directory` is where the file goes; the folder is emptied by the workspace.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        (folder,) = connection.execute("select current_setting('temp_directory')").fetchall()[0]
        self._folder = Path(str(folder))
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        # a key for this spool alone, kept nowhere: what a killed process leaves behind cannot be read
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._file: io.BufferedRandom | None = None
        self._written = 0
        self.rows = 0

    def add(self, rows: pa.Table) -> None:
        """Append rows; every call brings the same columns."""
        if rows.num_rows:
            self._waiting.append(rows)
            self._waiting_bytes += rows.nbytes
            self.rows += rows.num_rows
            if self._waiting_bytes > _BYTES_IN_MEMORY:
                self._write()

    def batches(self) -> Iterator[pa.Table]:
        """All rows in the order they came, in batches of bounded size."""
        if self._file is not None:
            self._file.seek(0)
            for number in range(self._written):
                length = int.from_bytes(self._file.read(_LENGTH_BYTES), "big")
                place = self._file.tell() + length
                plain = self._cipher.decrypt(_nonce(number), self._file.read(length), None)
                with pa.ipc.open_stream(plain) as stream:
                    yield from bounded([stream.read_all()])
                self._file.seek(place)
        yield from bounded(self._waiting)

    def _write(self) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            # without a name in the folder from the start: gone when it is closed, or when the process dies
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  lives as long as this object
        assert self._file is not None
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._waiting[0].schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as out:
            for rows in self._waiting:
                out.write_table(rows)
        sealed = self._cipher.encrypt(_nonce(self._written), sink.getvalue().to_pybytes(), None)
        self._file.seek(0, os.SEEK_END)
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big"))
        self._file.write(sealed)
        self._written += 1
        self._waiting, self._waiting_bytes = [], 0


def bounded(pieces: Iterator[pa.Table] | list[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in batches that are neither tiny nor beyond what memory is meant for."""
    gathered: list[pa.Table] = []
    rows = size = 0
    for piece in pieces:
        most = max(1, min(ROWS_A_BATCH, piece.num_rows * BYTES_A_BATCH // max(piece.nbytes, 1)))
        for start in range(0, piece.num_rows, most):
            part = piece.slice(start, most)
            if gathered and (rows + part.num_rows > ROWS_A_BATCH or size + part.nbytes > BYTES_A_BATCH):
                yield pa.concat_tables(gathered)
                gathered, rows, size = [], 0, 0
            gathered.append(part)
            rows, size = rows + part.num_rows, size + part.nbytes
    if gathered:
        yield pa.concat_tables(gathered)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
