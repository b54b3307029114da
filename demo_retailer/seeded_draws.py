"""Seeded draws, all vectorised: the same seed gives the same values on every machine."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SCRAMBLE_BITS = 33
_SCRAMBLE_FACTOR = 2654435761


def stream(seed: int, purpose: str, part: int = 0) -> np.random.Generator:
    """Make an independent source of randomness.

    Args:
        seed: the world's seed.
        purpose: what it is for; two purposes never share draws, so that a change in one leaves the others alone.
        part: number of the chunk of people.
    """
    return np.random.default_rng([seed, crc32(purpose.encode()), part])


def weighted(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Draw `size` positions of `weights`, each as often as its weight says."""
    cumulative = np.cumsum(weights, dtype=np.float64)
    return np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right").astype(np.int64)


def chance(rng: np.random.Generator, probability: float | Floats, size: int) -> Flags:
    """Draw `size` yes/no answers with the given probability of yes."""
    return rng.random(size) < probability


def scramble(numbers: Ints, salt: int) -> Ints:
    """Map distinct numbers to distinct numbers below 2**33 that do not show their order.

    Args:
        numbers: distinct values below 2**33.
        salt: shifts the result, so that two channels give one person unlike numbers.
    """
    mask = np.uint64((1 << _SCRAMBLE_BITS) - 1)
    mixed = (numbers.astype(np.uint64) + np.uint64(salt)) * np.uint64(_SCRAMBLE_FACTOR)
    mixed = (mixed & mask) ^ ((mixed & mask) >> np.uint64(17))
    return ((mixed * np.uint64(_SCRAMBLE_FACTOR)) & mask).astype(np.int64)


def identifiers(prefix: str, numbers: Ints, width: int = 10) -> pa.StringArray:
    """Spell numbers as ids: prefix and at least `width` digits."""
    digits = pa.array(numbers + 10**width).cast(pa.string())
    return paste(prefix, slice_text(digits, 1))


def scattered_ids(prefix: str, numbers: Ints) -> pa.StringArray:
    """Spell numbers as ids that do not show how the demo counts: the prefix salts `scramble`."""
    return identifiers(prefix, scramble(numbers, crc32(b"ids of " + prefix.encode())))


def take(words: pa.Array, positions: NDArray[Any]) -> pa.Array:
    """Look words up by position."""
    return words.take(pa.array(positions))


def paste(*parts: pa.Array | str) -> pa.StringArray:
    """Join texts row by row; a null in any part gives null."""
    return pc.binary_join_element_wise(*parts, "")


def slice_text(text: pa.Array, start: int, stop: int | None = None) -> pa.StringArray:
    """Cut characters `start` to `stop` out of every text."""
    return pc.utf8_slice_codeunits(text, start, stop)


def only_where(keep: NDArray[np.bool_], values: pa.Array) -> pa.Array:
    """Null the values for which `keep` is false."""
    return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))


def choose(which: NDArray[Any], *variants: pa.Array) -> pa.Array:
    """Pick for each row the variant that `which` (0, 1, …) names."""
    return pc.choose(pa.array(which.astype(np.int64)), *variants)


def money(fen: Ints) -> pa.Decimal128Array:
    """Turn whole fen into decimal(18,2) yuan, exactly."""
    words = np.empty((len(fen), 2), dtype=np.int64)
    words[:, 0] = fen
    words[:, 1] = fen >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(fen), [None, pa.py_buffer(words.tobytes())])


def moments(seconds: Ints, keep: Flags | None = None) -> pa.Array:
    """Turn seconds since 1970 on the business clock into naive timestamps, null where `keep` is false."""
    array = pa.array(seconds.astype("datetime64[s]"))
    return array if keep is None else only_where(keep, array)


def days(numbers: Ints, keep: Flags | None = None) -> pa.Array:
    """Turn days since 1970 into dates, null where `keep` is false."""
    array = pa.array(numbers.astype("datetime64[D]"))
    return array if keep is None else only_where(keep, array)


def clock_text(timestamps: pa.Array) -> pa.StringArray:
    """Write timestamps as `2026-06-30 08:15:00`."""
    return timestamps.cast(pa.timestamp("s")).cast(pa.string())


def iso_text(timestamps: pa.Array, offset: str) -> pa.StringArray:
    """Write timestamps as `2026-06-30T08:15:00` and an offset such as `+08:00`."""
    text = clock_text(timestamps)
    return paste(slice_text(text, 0, 10), "T", slice_text(text, 11), offset)


def day_text(timestamps: pa.Array) -> pa.StringArray:
    """Write the days of timestamps as `20260630`."""
    return pc.replace_substring(timestamps.cast(pa.date32()).cast(pa.string()), "-", "")
