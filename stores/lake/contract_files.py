"""Files without rows, which make a table readable before its first load: whether they can be read.

No load brought them, so no sum is noted. They are written again whenever they are missing or damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stores.lake.layout import CONTRACT, LOADS, parts_of

FAULT = "cannot be read; no load brought it, and it never holds rows"
WITH_ROWS = "holds rows that no load brought, so they count nowhere; move it out of the lake if they matter"
FAULTS = (FAULT, WITH_ROWS)


def contract_faults(dataset: Path) -> Iterator[tuple[str, str]]:
    """What is wrong with the files without rows of a dataset: (path below the dataset's folder, what is wrong).

    Args:
        dataset: a channel's folder in the lake.
    """
    for name, path in parts_of(dataset, CONTRACT.rstrip(".")).items():
        if not is_readable_and_empty(path):
            yield name, WITH_ROWS if _rows(path) else FAULT
    for path in sorted(dataset.glob(f"{LOADS}/{CONTRACT}*.jsonl")):
        if path.stat().st_size:
            yield f"{LOADS}/{path.name}", FAULT


def is_readable_and_empty(place: Path) -> bool:
    """Whether a file is a Parquet file without rows. Only its footer is read."""
    return _rows(place) == 0


def _rows(place: Path) -> int | None:
    """How many rows a Parquet file holds; None where it cannot be read."""
    try:
        return int(pq.read_metadata(place).num_rows)
    except (OSError, pa.ArrowException):
        return None
