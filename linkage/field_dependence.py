"""Which fields follow from which, measured on pairs of different people: who shares a postcode shares the town.

Added up as if they were independent, a town, its postcode and its state would make strangers of one street one person,
and two namesakes whose e-mails are made of their names too. So pairs are drawn that agree in one field and are clearly
two people, and what they then have in common in the other is compared with chance. What cannot be measured is taken to
follow altogether.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import duckdb

from linkage.comparisons import SAME_LOCAL_PART, Comparison
from linkage.evidence import Dependence
from linkage.features import TABLE, UNIQUE_ID

# Chance dominates what fewer profiles show.
FEWEST_PROFILES = 1_000
_FEWEST_PAIRS = 50
_SAMPLE = 200_000
# Each profile of a group is paired with so many others of it.
_NEIGHBOURS = 3


def _alike(column: str) -> str:
    """SQL: 1 for two values that may be one with errors in it, 0 for two that are not, null where one is unknown."""
    common = f"bit_count(l.{column}_bits & r.{column}_bits)"
    return f"(4.0 * {common} >= l.{column}_bits_set + r.{column}_bits_set)::int"


# What two people rarely share, by the comparison that it belongs to.
_PERSONAL = {
    "given_name": _alike("given"),
    "family_name": _alike("family"),
    "birthday": "(damerau_levenshtein(l.birthday, r.birthday) <= 3)::int",
    "phone": "(l.phone_token = r.phone_token)::int",
    "email": "(l.email_token = r.email_token)::int",
    "id_number": _alike("id_number"),
}
# Many people share a town, but two records of one person rarely have another one.
_TOWN = ("city", "(jaro_winkler_similarity(l.city, r.city) >= 0.8)::int")
# So many of them must be known and differ before two profiles are taken for two people: one may be mistyped.
_FEWEST_DIFFERENCES = 2
_NAMES = ("given_name", "family_name")
_LEAST_SHARE = 0.05
_LEAST_CHANCE = 1e-6
_LEAST_SPREAD = 0.03


def dependence_of(
    connection: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], profiles: int
) -> Dependence:
    """How far each comparison follows from others.

    Args:
        connection: holds the table `features`.
        comparisons: those that say something in these profiles.
        profiles: how many there are in all; of fewer than 1,000 nothing is measured.

    Returns:
        Follower to source to the part of the weaker one's weight that follows, 0 to 1; for a follower whose equality is
        its own, follower to level to the part that follows from all its sources together. What follows in less than a
        twentieth is left out.
    """
    known = {one.name: one for one in comparisons}
    found: dict[str, dict[str, float]] = {}
    for follower in comparisons:
        sources = [known[name] for name in follower.follows if name in known]
        if not sources:
            continue
        if follower.may_follow:
            shares = _of_likeness(connection, follower, sources, profiles)
        else:
            shares = {one.name: _of_equality(connection, follower, one, profiles) for one in sources}
        found[follower.name] = {name: share for name, share in shares.items() if share >= _LEAST_SHARE}
    return {name: shares for name, shares in found.items() if shares}


def _of_equality(
    connection: duckdb.DuckDBPyConnection, follower: Comparison, source: Comparison, profiles: int
) -> float:
    """1: agreement in one is agreement in the other; 0: they have nothing to do with each other."""
    if profiles < FEWEST_PROFILES:
        return 1.0
    columns, tested = (follower.needs[0], source.needs[0]), (follower.name, source.name)
    chances = {column: _how_often(connection, None, column, tested) for column in columns}
    rare, frequent = sorted(columns, key=lambda column: (chances[column], column))
    agree = _how_often(connection, rare, frequent, tested)
    return _share(agree, chances[frequent])


def _of_likeness(
    connection: duckdb.DuckDBPyConnection, follower: Comparison, sources: Sequence[Comparison], profiles: int
) -> dict[str, float]:
    """How far likeness follows: what people who agree in all the sources have in common, level by level.

    Different people who agree in all of them are few, so what each source adds is measured and added up.
    """
    shares = dict.fromkeys(follower.may_follow, 1.0)
    if profiles < FEWEST_PROFILES:
        return shares
    name = follower.name
    bits, places = f"{name}_bits", [(one.needs[0], (name, one.name)) for one in sources]
    likeness = f"2.0 * bit_count(l.{bits} & r.{bits}) / (l.{bits}_set + r.{bits}_set)"
    drawn = [_two_people(connection, column, bits, tested, likeness) for column, tested in [(None, (name,)), *places]]
    if min(pairs for pairs, _ in drawn) < _FEWEST_PAIRS:
        return shares
    (_, usual), *others = drawn
    _, squares = _two_people(connection, None, bits, (name,), f"pow({likeness}, 2)")
    spread = max(math.sqrt(max(squares - usual**2, 0.0)), _LEAST_SPREAD)
    expected = NormalDist(usual + sum(alike - usual for _, alike in others), spread)
    by_chance = NormalDist(usual, spread)
    for label, degree in follower.may_follow.items():
        if degree is not None:
            shares[label] = _share(1 - expected.cdf(degree), 1 - by_chance.cdf(degree))
    if SAME_LOCAL_PART in shares:
        local = "email_local_token"
        agree = _how_often(connection, "whole_name", local, (name, *_NAMES))
        shares[SAME_LOCAL_PART] = _share(agree, _how_often(connection, None, local, (name,)))
    return shares


def _share(agree: float, chance: float) -> float:
    """What part of the weight of agreement is gone, where it is to be expected this often and by chance that often."""
    chance = max(chance, _LEAST_CHANCE)
    if chance >= 1:
        return 1.0
    return round(min(max(math.log2(max(agree, chance) / chance) / -math.log2(chance), 0.0), 1.0), 2)


def _how_often(connection: duckdb.DuckDBPyConnection, same: str | None, column: str, tested: Sequence[str]) -> float:
    """How often two people have the same; the fewer pairs show it, the likelier it is taken to be."""
    pairs, agree = _two_people(connection, same, column, tested, f"(l.{column} = r.{column})::int")
    return (pairs * agree + 1) / (pairs + 1)


def _two_people(
    connection: duckdb.DuckDBPyConnection, same: str | None, compared: str, tested: Sequence[str], value: str
) -> tuple[int, float]:
    """Draw pairs that are two people: how many there are, and the mean of a value over them.

    Args:
        connection: holds the table `features`.
        same: column in which both agree; None: in nothing in particular.
        compared: column that both have.
        tested: names of the comparisons in question, whose own agreement says nothing about who is who.
        value: SQL over `l` and `r`.
    """
    personal = [alike for name, alike in _PERSONAL.items() if name not in tested]
    telling = [*personal, *(alike for name, alike in (_TOWN,) if name not in tested)]
    if not personal:
        return 0, 0.0
    differ = " + ".join(f"coalesce({alike} = 0, false)::int" for alike in telling)
    agree = " + ".join(f"coalesce({alike}, 0)" for alike in personal)
    group = same or "1"
    row = connection.execute(
        f"""
        with placed as (
            select
                {UNIQUE_ID},
                {group} as same_group,
                row_number() over (partition by {group} order by hash({UNIQUE_ID})) - 1 as place,
                count(*) over (partition by {group}) as size
            from (
                select * from {TABLE} where {compared} is not null and {group} is not null
                order by hash({UNIQUE_ID}) limit {_SAMPLE}
            ) as drawn
        ),
        partners as (
            select *, (place + steps.step) % size as partner
            from placed
            cross join range(1, {_NEIGHBOURS + 1}) as steps (step)
        ),
        -- first who is paired with whom, then what they have in common
        pairs as materialized (
            select
                one.{UNIQUE_ID} as left_id,
                other.{UNIQUE_ID} as right_id,
                -- a group of many has more pairs than are drawn of it, so each of them stands for more
                (one.size - 1) / 2 as stands_for
            from partners as one
            inner join placed as other on one.same_group = other.same_group and one.partner = other.place
            where one.{UNIQUE_ID} <> other.{UNIQUE_ID}
        ),
        compared as (
            select pairs.stands_for, {value} as compared
            from pairs
            inner join {TABLE} as l on pairs.left_id = l.{UNIQUE_ID}
            inner join {TABLE} as r on pairs.right_id = r.{UNIQUE_ID}
            where {agree} = 0 and {differ} >= {_FEWEST_DIFFERENCES}
        )
        select count(*), coalesce(sum(stands_for * compared) / sum(stands_for), 0) from compared
        """
    ).fetchone()
    assert row is not None
    return int(row[0]), round(float(row[1]), 9)
