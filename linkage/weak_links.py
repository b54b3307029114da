"""Weak bridges: two groups of profiles that hold together well but hang on each other by a link or two.

Links are closed over everything that they connect, so a single wrong one would merge two people. Inside each
connected group the profiles are joined step by step, the best agreeing first, and no further once nearly all pairs
between two parts speak against it.

The first look knows only pairs that are worth a steward's look, and takes every other pair to speak against. But of a
profile of which little is known most pairs say little, not "other people". So what the first look would cut is looked
at again with every pair of the group weighed, and cut only where those weights speak against it too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

# Weights beyond these say no more: about 16,000 to 1.
_CERTAIN = 14.0
# Mean weight between two parts below which they are two people: nearly every pair at the floor.
_TORN = -10.0
# The same where every pair is weighed: sixteen to one against.
_WEIGHED_TORN = -4.0
# A group of more profiles is not one person's by any doubtful link; it is cut along its weak ones in one go.
_LARGEST = 300


def parts_of(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """Connected component of each of `size` nodes, numbered by its smallest node.

    Args:
        left: one end of each link, whole numbers below `size`; `right` the other.
        right: see `left`.
        size: number of nodes.
    """
    # Slow to load, and not needed where there is nothing to link.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(size, size))
    count, part = connected_components(links, directed=False)
    smallest = np.full(count, size)
    np.minimum.at(smallest, part, np.arange(size))
    return smallest[part]


# Profiles with the number of their group, in; every pair of a group with its weight, out.
Weigh = Callable[[pa.Table], pa.Table]


def weak_bridges(links: pa.Table, joins: np.ndarray, weigh: Weigh | None = None) -> np.ndarray:
    """Which of the joining links hang two groups together that nothing else supports.

    Args:
        links: `left_profile_id`, `right_profile_id`, `match_weight` of all scored links, those to be reviewed included.
        joins: for each link whether it would join.
        weigh: from a table `source_profile_id`, `profile_group` to the weights of all pairs within a group, in the
            columns of `links`; None: what is not among the links speaks against.

    Returns:
        For each link whether it is a weak bridge.
    """
    weak = np.zeros(links.num_rows, dtype=bool)
    if not joins.any():
        return weak
    names, left, right = _coded(links)
    group = parts_of(left[joins], right[joins], len(names))
    inside = np.flatnonzero(group[left] == group[right])
    part = _parts_within(group, left[inside], right[inside], links["match_weight"].to_numpy()[inside], _TORN)
    weak = joins & (part[left] != part[right])
    if weigh is None or not weak.any():
        return weak
    sizes = np.bincount(group, minlength=len(names))
    torn = np.isin(group, group[left[weak]]) & (sizes[group] <= _LARGEST)
    if not torn.any():
        return weak
    weighed = weigh(pa.table({"source_profile_id": names.filter(pa.array(torn)), "profile_group": group[torn]}))
    number = {name: place for place, name in enumerate(names.to_pylist()) if torn[place]}
    one, other = (
        np.array([number[name] for name in weighed[side].to_pylist()], dtype=np.int64)
        for side in ("left_profile_id", "right_profile_id")
    )
    part = _parts_within(group, one, other, weighed["match_weight"].to_numpy(), _WEIGHED_TORN)
    return weak & ((part[left] != part[right]) | ~torn[left])


def _coded(links: pa.Table) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """The profiles of the links, and for each link the places of its left and its right one among them."""
    ends = pa.chunked_array([*links["left_profile_id"].chunks, *links["right_profile_id"].chunks], pa.string())
    coded = ends.combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    return coded.dictionary, codes[: links.num_rows], codes[links.num_rows :]


def _parts_within(
    group: np.ndarray, left: np.ndarray, right: np.ndarray, weight: np.ndarray, torn: float
) -> np.ndarray:
    """The part of each profile inside its group, numbered by the part's smallest profile.

    Args:
        group: of each profile.
        left: one profile of each weighed pair, both of one group; `right` the other.
        right: see `left`.
        weight: of each pair.
        torn: mean weight between two parts below which they stay two.
    """
    part = np.arange(len(group))
    weight = np.clip(weight, -_CERTAIN, _CERTAIN)
    order = np.argsort(group[left], kind="stable")
    starts = np.flatnonzero(np.diff(group[left][order], prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(order)], strict=True):
        pairs = order[first:last]
        nodes, local = np.unique(np.concatenate([left[pairs], right[pairs]]), return_inverse=True)
        if len(nodes) > 2:
            one, other = local[: len(pairs)], local[len(pairs) :]
            part[nodes] = nodes[_held_together(one, other, weight[pairs], len(nodes), torn)]
        else:
            part[nodes] = nodes[0]
    return part


def _held_together(left: np.ndarray, right: np.ndarray, weight: np.ndarray, size: int, torn: float) -> np.ndarray:
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
        if mean[kept, gone] < torn:
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
