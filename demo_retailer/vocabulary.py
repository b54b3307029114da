"""The demo's vocabulary: small CSV tables of names, places, goods and texts beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
from pyarrow import csv


@cache
def table(name: str) -> pa.Table:
    """Read the word table `<name>.csv`; empty fields stay empty texts."""
    source = files("demo_retailer") / "vocabulary_tables" / f"{name}.csv"
    options = csv.ConvertOptions(strings_can_be_null=False)
    with source.open("rb") as file:
        return csv.read_csv(file, convert_options=options).combine_chunks()


def column(name: str, field: str) -> pa.Array:
    """One column of a word table."""
    return table(name)[field].combine_chunks()


def weights(name: str, field: str = "weight") -> np.ndarray:
    """The weights of a word table as floats."""
    return column(name, field).to_numpy(zero_copy_only=False).astype(np.float64)
