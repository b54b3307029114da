"""What a lake says, for tests that two lakes say the same."""

import re
from typing import Any

import pyarrow.parquet as pq

from ingestion.personal_data.retokenisation import every_part
from stores.settings import Settings

# Further numbers are token|mask|line type|ciphertext each; only a ciphertext has a dot.
CIPHERTEXT = "[|][^|;.]*[.][^|;]*"


def lake_tokens(settings: Settings) -> dict[str, Any]:
    """Everything in the lake but the ciphertexts, which are new each time."""
    return {
        str(part.relative_to(settings.lake)): {
            name: [re.sub(CIPHERTEXT, "", value or "") for value in values] if name.endswith("_further") else values
            for name, values in pq.read_table(part, partitioning=None).to_pydict().items()
            if not name.endswith("cipher")
        }
        for part in every_part(settings)
    }
