"""What a lake says, for tests that two lakes say the same."""

from typing import Any

import pyarrow.parquet as pq

from ingestion.personal_data.retokenisation import every_part
from stores.settings import Settings


def lake_tokens(settings: Settings) -> dict[str, Any]:
    """Everything in the lake; of a value without a token only that it has a reference, which is new each time."""
    found = {}
    for part in every_part(settings):
        columns = pq.read_table(part, partitioning=None).to_pydict()
        for name in [name for name in columns if name.endswith("_ref")]:
            tokens = columns[f"{name.removesuffix('_ref').removesuffix('_source')}_token"]
            columns[name] = [ref if token else bool(ref) for ref, token in zip(columns[name], tokens, strict=True)]
        found[str(part.relative_to(settings.lake))] = columns
    return found
