"""Weak bridges: two groups of profiles that hold together well but hang on each other by a link or two.

Links are closed over everything that they connect, so a single wrong one would melt two people together. Inside each
connected group the profiles are joined step by step, the best agreeing first, and no further once nearly all pairs
between two parts speak against it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

# Weights beyond these say no more: about 16,000 to 1.
_CERTAIN = 14.0
# Mean weight between two parts below which they are two people: nearly every pair at the floor.
_TORN = -10.0
# A group of more profiles is not one person's by any doubtful link; it is cut along its weak ones in one go.
_LARGEST = 300


def parts_of(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """Connected component of each of `size` nodes, numbered by its smallest node.

    Args:
        left: one end of each link, whole numbers below `size`; `right` the other.
        right: see `left`.
        size: number of nodes.
    """
    part = np.arange(size)
    while True:
        smallest = np.minimum(part[left], part[right])
        after = part.copy()
        np.minimum.at(after, left, smallest)
        np.minimum.at(after, right, smallest)
        np.minimum.at(after, part[left], smallest)
        np.minimum.at(after, part[right], smallest)
        after = after[after]
        if np.array_equal(after, part):
            return part
        part = after


def weak_bridges(links: pa.Table, joins: np.ndarray) -> np.ndarray:
    """Which of the joining links hang two groups together that nothing else supports.

    Args:
        links: `left_profile_id`, `right_profile_id`, `match_weight` of all scored links, those to be reviewed included.
        joins: for each link whether it would join.

    Returns:
        For each link whether it is a weak bridge.
    """
    weak = np.zeros(links.num_rows, dtype=bool)
    if not joins.any():
        return weak
    ends = pa.chunked_array([*links["left_profile_id"].chunks, *links["right_profile_id"].chunks], pa.string())
    codes = ends.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    left, right = codes[: links.num_rows], codes[links.num_rows :]
    weight = np.clip(links["match_weight"].to_numpy(), -_CERTAIN, _CERTAIN)
    size = int(codes.max()) + 1
    group = parts_of(left[joins], right[joins], size)
    inside = np.flatnonzero(group[left] == group[right])
    inside = inside[np.argsort(group[left][inside], kind="stable")]
    starts = np.flatnonzero(np.diff(group[left][inside], prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(inside)], strict=True):
        members = inside[first:last]
        nodes, local = np.unique(np.concatenate([left[members], right[members]]), return_inverse=True)
        if len(nodes) > 2:
            one, other = local[: len(members)], local[len(members) :]
            part = _held_together(one, other, weight[members], len(nodes))
            weak[members] = part[one] != part[other]
    return weak & joins


def _held_together(left: np.ndarray, right: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """Average-linkage clustering of one group; the part of each node."""
    if size > _LARGEST:
        strong = weight >= _CERTAIN
        return parts_of(left[strong], right[strong], size)
    # What was not scored at all speaks against: blocking would have found agreement worth anything.
    total = np.full((size, size), -_CERTAIN)
    total[left, right] = total[right, left] = weight
    count = np.ones((size, size))
    mean = total.copy()
    np.fill_diagonal(mean, -np.inf)
    part = np.arange(size)
    for _ in range(size - 1):
        kept, gone = divmod(int(np.argmax(mean)), size)
        if mean[kept, gone] < _TORN:
            break
        kept, gone = min(kept, gone), max(kept, gone)
        for sums in (total, count):
            sums[kept] += sums[gone]
            sums[:, kept] += sums[:, gone]
        alive = np.isfinite(mean[kept]) | np.isfinite(mean[gone])
        mean[kept] = np.where(alive, total[kept] / count[kept], -np.inf)
        mean[:, kept] = mean[kept]
        mean[kept, kept] = -np.inf
        mean[gone] = mean[:, gone] = -np.inf
        part[part == gone] = kept
    return part
