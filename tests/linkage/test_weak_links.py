"""Closing over links, and taking back those that only hang two groups together."""

import random
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pytest

from linkage.weak_links import Weigh, parts_of, weak_bridges

Pair = tuple[str, str]


def union_find(links: list[tuple[int, int]], size: int) -> list[int]:
    """Smallest node that each node is connected with, by another way than the one that is tested."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in links:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(node) for node in range(size)]


def parts(links: list[tuple[int, int]], size: int) -> list[int]:
    ends = np.array(links, dtype=np.int64).reshape(-1, 2)
    return parts_of(ends[:, 0], ends[:, 1], size).tolist()


def chain(size: int, draw: random.Random) -> list[tuple[int, int]]:
    """A chain through all nodes in a random order, its links in another."""
    nodes = draw.sample(range(size), size)
    links = list(pairwise(nodes))
    draw.shuffle(links)
    return links


@pytest.mark.parametrize("seed", range(20))
def test_parts_of_random_graphs_are_those_of_a_union_find(seed):
    draw = random.Random(seed)
    size = draw.randint(1, 300)
    links = [(draw.randrange(size), draw.randrange(size)) for _ in range(draw.randint(0, size))]
    assert parts(links, size) == union_find(links, size)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_and_direction_of_links_change_nothing(seed):
    draw = random.Random(seed)
    links = [(draw.randrange(200), draw.randrange(200)) for _ in range(150)]
    shuffled = [draw.choice([link, link[::-1]]) for link in draw.sample(links, len(links))]
    assert parts(shuffled, 200) == parts(links, 200)


@pytest.mark.parametrize("size", [2, 30, 1_000, 100_000])
def test_a_chain_is_one_part(size):
    assert set(parts(chain(size, random.Random(size)), size)) == {0}
    assert set(parts([(node, node + 1) for node in range(size - 1)], size)) == {0}


def test_stars_and_cycles_are_one_part_each_and_the_rest_alone():
    star = [(9, node) for node in range(10, 60)]
    cycle = [(60 + node, 60 + (node + 1) % 40) for node in range(40)]
    assert parts([*star, *cycle], 105) == union_find([*star, *cycle], 105)
    assert parts([], 3) == [0, 1, 2]
    assert parts([], 0) == []


def group(name: str, size: int, weight: float = 12.0) -> dict[Pair, float]:
    """All pairs of `size` profiles with the same weight."""
    return dict.fromkeys(combinations([f"{name}{number:04}" for number in range(size)], 2), weight)


def weak(weights: dict[Pair, float], join: float = 7.0, weigh: Weigh | None = None) -> set[Pair]:
    """The pairs that are weak bridges among those that join from a weight on."""
    pairs = sorted(weights)
    table = pa.table(
        {
            "left_profile_id": pa.array([left for left, _ in pairs], pa.string()),
            "right_profile_id": pa.array([right for _, right in pairs], pa.string()),
            "match_weight": pa.array([weights[pair] for pair in pairs], pa.float64()),
        }
    )
    found = weak_bridges(table, table["match_weight"].to_numpy() >= join, weigh)
    return {pair for pair, is_weak in zip(pairs, found, strict=True) if is_weak}


def test_a_single_link_between_two_groups_that_nothing_supports_is_weak():
    bridge = ("a0000", "b0000")
    assert weak({**group("a", 5), **group("b", 5), bridge: 9.0}) == {bridge}


def test_a_link_between_two_groups_is_kept_where_other_pairs_speak_for_it():
    others = {(f"a000{one}", f"b000{other}"): 3.0 for one in range(5) for other in range(5)}
    assert weak({**group("a", 5), **group("b", 5), **others, ("a0000", "b0000"): 9.0}) == set()


def weighing(weights: dict[Pair, float], others: float, asked: list[set[str]]):
    """Weighs every pair of a profile_group: `others` where nothing is said, and notes whom it was asked about."""

    def weigh(profile_groups: pa.Table) -> pa.Table:
        rows = sorted(
            zip(
                profile_groups["profile_group"].to_pylist(),
                profile_groups["source_profile_id"].to_pylist(),
                strict=True,
            )
        )
        asked.append({name for _, name in rows})
        pairs = [(one, other) for (left, one), (right, other) in combinations(rows, 2) if left == right]
        return pa.table(
            {
                "left_profile_id": [one for one, _ in pairs],
                "right_profile_id": [other for _, other in pairs],
                "match_weight": [weights.get(pair, others) for pair in pairs],
            }
        )

    return weigh


def torn_after_a_second_look(weights: dict[Pair, float], others: float) -> tuple[set[Pair], list[set[str]]]:
    asked: list[set[str]] = []
    return weak(weights, weigh=weighing(weights, others, asked)), asked


def test_a_profile_of_which_little_is_known_is_not_cut_off_by_pairs_that_say_little():
    bridge = ("a0000", "lone")
    weights = {**group("a", 12), bridge: 9.0}
    assert weak(weights) == {bridge}
    assert torn_after_a_second_look(weights, others=-2.0)[0] == set()


def test_a_bridge_that_every_weighed_pair_speaks_against_is_cut_after_the_second_look_too():
    bridge = ("a0000", "b0000")
    weights = {**group("a", 5), **group("b", 5), **group("c", 5), bridge: 9.0}
    cut, asked = torn_after_a_second_look(weights, others=-9.0)
    assert cut == {bridge}
    assert asked == [{f"{name}000{number}" for name in "ab" for number in range(5)}]


def test_the_second_look_never_cuts_what_the_first_left_together():
    others = {(f"a000{one}", f"b000{other}"): 3.0 for one in range(5) for other in range(5)}
    weights = {**group("a", 5), **group("b", 5), **others, ("a0000", "b0000"): 9.0}
    assert torn_after_a_second_look(weights, others=-14.0)[0] == set()


def test_a_pair_alone_is_never_a_bridge():
    assert weak({("a", "b"): 7.5, ("c", "d"): 20.0}) == set()


def test_what_does_not_join_is_never_called_a_bridge():
    doubtful = {("a0000", "b0000"): 5.0, ("a0001", "b0002"): 6.9}
    assert weak({**group("a", 3), **group("b", 3), **doubtful}) == set()


def test_every_link_is_cut_that_hangs_the_same_two_groups_together():
    bridges = {("a0000", "b0000"): 9.0, ("a0001", "b0001"): 8.0}
    assert weak({**group("a", 6), **group("b", 6), **bridges}) == set(bridges)


def test_three_groups_in_a_row_come_apart_at_both_bridges():
    bridges = {("a0000", "b0000"): 9.0, ("b0003", "c0000"): 9.0}
    assert weak({**group("a", 4), **group("b", 4), **group("c", 4), **bridges}) == set(bridges)


def test_weights_without_bound_count_as_certain_and_no_more():
    bridge = ("a0000", "b0000")
    assert weak({**group("a", 5, 40.0), **group("b", 5, 40.0), bridge: 500.0}) == {bridge}


def test_a_group_larger_than_one_person_s_is_cut_along_everything_doubtful():
    hub = {("hub", f"p{number:04}"): 9.0 for number in range(400)}
    certain = {("hub", "q0000"): 30.0, ("hub", "q0001"): 14.0}
    assert weak({**hub, **certain}) == set(hub)
    assert torn_after_a_second_look({**hub, **certain}, others=5.0) == (set(hub), [])


def test_without_links_that_join_there_are_no_bridges():
    assert weak({}) == set()
    assert weak({("a", "b"): 2.0, ("b", "c"): 3.0}) == set()
