"""The links of the last linkage run in the lake: one Parquet file, replaced whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stores.atomic_files import replacing
from stores.lake.layout import dataset_of

LINKS_SCHEMA = pa.schema(
    [
        ("left_profile_id", pa.string()),
        ("right_profile_id", pa.string()),
        ("model_version", pa.string()),
        ("field_weights", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        ("linked_at", pa.timestamp("us")),
    ]
)


def links_path(lake: Path) -> Path:
    """Where the links are: `<lake>/raw_linkage/links/links.parquet`."""
    return dataset_of(lake, "linkage") / "links" / "links.parquet"


def write_links(lake: Path, links: pa.Table) -> None:
    """Replace the links; readers see the old file or the new one.

    Args:
        lake: folder of the raw lake.
        links: rows of `LINKS_SCHEMA`, pairs in any order, each once.
    """
    with replacing(links_path(lake)) as draft:
        pq.write_table(links.cast(LINKS_SCHEMA), draft)


def ensure_links(lake: Path) -> None:
    """Make the links readable before the first linkage run: a file without rows."""
    if not links_path(lake).exists():
        write_links(lake, LINKS_SCHEMA.empty_table())
