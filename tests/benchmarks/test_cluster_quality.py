"""Scores of identity resolution: worked out by hand, and against formulas that go record by record and pair by pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.claim import Score
from benchmarks.cluster_quality import Agreement, FalseLinks, Scores, compare, false_links

Groups = Mapping[str, str]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield connection


def _query(groups: Groups, column: str) -> str:
    rows = ", ".join(f"('{record}', '{group}')" for record, group in groups.items())
    return f"select * from (values {rows or '(null, null)'}) as t (record, {column}) where record is not null"


def _compare(database: duckdb.DuckDBPyConnection, answer: Groups, truth: Groups) -> Scores:
    return compare(database, _query(answer, "cluster"), _query(truth, "entity"))


def test_scores_worked_out_by_hand(database: duckdb.DuckDBPyConnection) -> None:
    # Anna 1-4, Bo 5-6, Cy 7. The answer splits Anna in two and merges one part with Bo.
    truth = {"1": "anna", "2": "anna", "3": "anna", "4": "anna", "5": "bo", "6": "bo", "7": "cy"}
    answer = {"1": "x", "2": "x", "3": "y", "4": "y", "5": "y", "6": "y", "7": "z"}
    scores = _compare(database, answer, truth)
    # pairs: put together 1 + 6, true 6 + 1, both 1 (1-2) + 1 (3-4) + 1 (5-6)
    assert scores.pairs == Agreement(3 / 7, 3 / 7)
    # by record: precision 1 1 ½ ½ ½ ½ 1, recall ½ ½ ½ ½ 1 1 1
    assert scores.bcubed.precision == pytest.approx(5 / 7)
    assert scores.bcubed.recall == pytest.approx(5 / 7)
    assert (scores.records, scores.entities, scores.clusters, scores.left_out) == (7, 3, 3, 0)
    assert scores.mixed_clusters == 1
    assert scores.largest == ((4, 2), (2, 1), (1, 1))


def test_a_record_that_the_answer_leaves_out_is_alone_and_one_that_only_it_has_is_not_looked_at(
    database: duckdb.DuckDBPyConnection,
) -> None:
    scores = _compare(database, {"1": "x", "9": "x"}, {"1": "anna", "2": "anna"})
    assert scores.pairs == Agreement(1.0, 0.0)
    assert scores.bcubed == Agreement(1.0, 0.5)
    assert (scores.records, scores.clusters, scores.left_out) == (2, 2, 1)
    assert scores.pairs.f1 == 0.0


def test_everything_right_is_one_and_nothing_to_do_is_right_too(database: duckdb.DuckDBPyConnection) -> None:
    truth = {"1": "anna", "2": "anna", "3": "bo"}
    assert _compare(database, truth, truth).pairs.f1 == _compare(database, truth, truth).bcubed.f1 == 1.0
    assert _compare(database, {}, {}).pairs.f1 == 1.0


groupings = st.integers(0, 8).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 3), min_size=size, max_size=size)] * 2)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groupings=groupings, missing=st.sets(st.integers(0, 7), max_size=2))
def test_scores_equal_those_counted_pair_by_pair_and_record_by_record(
    database: duckdb.DuckDBPyConnection, groupings: tuple[list[int], list[int]], missing: set[int]
) -> None:
    answer = {str(place): f"c{label}" for place, label in enumerate(groupings[0]) if place not in missing}
    truth = {str(place): f"e{label}" for place, label in enumerate(groupings[1])}
    scores = _compare(database, answer, truth)
    whole = {record: answer.get(record, f"alone {record}") for record in truth}
    assert _by_pair(whole, truth) == pytest.approx((scores.pairs.precision, scores.pairs.recall))
    assert _by_record(whole, truth) == pytest.approx((scores.bcubed.precision, scores.bcubed.recall))


def _by_pair(answer: Groups, truth: Groups) -> tuple[float, float]:
    answered = {pair for pair in combinations(sorted(truth), 2) if answer[pair[0]] == answer[pair[1]]}
    true = {pair for pair in combinations(sorted(truth), 2) if truth[pair[0]] == truth[pair[1]]}
    both = len(answered & true)
    return both / len(answered) if answered else 1.0, both / len(true) if true else 1.0


def _by_record(answer: Groups, truth: Groups) -> tuple[float, float]:
    precision, recall = [], []
    for record in truth:
        mine = {other for other in truth if answer[other] == answer[record]}
        own = {other for other in truth if truth[other] == truth[record]}
        precision.append(len(mine & own) / len(mine))
        recall.append(len(mine & own) / len(own))
    count = len(truth)
    return (sum(precision) / count, sum(recall) / count) if count else (1.0, 1.0)


def test_false_links_are_told_by_identifier_and_by_how_many_people_really_carry_it(
    database: duckdb.DuckDBPyConnection,
) -> None:
    truth = "select unnest(['a1', 'a2', 'b1', 'c1', 'd1']) as record, unnest(['a', 'a', 'b', 'c', 'd']) as entity"
    carried = """
        select * from (values
            ('a1', 'phone', 'home'), ('a2', 'phone', 'home'), ('b1', 'phone', 'home'),
            ('a1', 'email', 'info@'), ('b1', 'email', 'info@'), ('c1', 'email', 'info@'), ('d1', 'email', 'info@')
        ) as t (record, identifier_type, identifier_value)
    """
    links = """
        select * from (values
            ('a2', 'a1', 'phone', 'home'), ('b1', 'a1', 'phone', 'home'), ('c1', 'a1', 'email', 'info@'),
            ('d1', 'a1', 'email', 'info@'), ('d1', 'c1', 'linkage', 'model 1')
        ) as t (record, linked_record, identifier_type, identifier_value)
    """
    assert false_links(database, links, carried, truth) == [
        FalseLinks("email", "many", links=2, values=1),
        FalseLinks("linkage", "one", links=1, values=1),
        FalseLinks("phone", "two", links=1, values=1),
    ]


def test_a_score_has_limits_from_below_and_from_above() -> None:
    assert Score("f1", 0.97, at_least=0.95).is_met is True
    assert Score("f1", 0.94, at_least=0.95).is_met is False
    assert Score("false merges", 1, at_most=0).is_met is False
    assert Score("false merges", 0).is_met is None
    assert [Score("f1", 0.97123, at_least=0.95).shown, Score("n", 12345, at_most=0).shown] == ["0.9712", "12,345"]
    assert Score("n", 3, at_least=1, at_most=4).limit_shown == ">= 1 <= 4"
