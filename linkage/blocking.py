"""Which pairs are looked at: those that agree in something rare enough.

Every key alone whose pairs are few compared with the number of profiles, and every two keys together where one alone
would bring too many. What is too many follows from the data, so a file nobody has seen needs no setting.
"""

from __future__ import annotations

from itertools import combinations

import duckdb

from linkage.features import filled, pairs_of

_KEYS = (
    "id_number_token", "email_token", "phone_token", "email_local_token", "address_token", "birthday", "whole_name",
    "family_token", "given_token", "address_line_2_token", "postcode", "city", "birthplace", "company",
    "job_title", "house_number",
)  # fmt: skip
_PAIRS_PER_PROFILE = 15
_ALL_PAIRS_PER_PROFILE = 60
_MOST_PAIRS = 25_000_000

Key = tuple[str, ...]


def blocking_keys(connection: duckdb.DuckDBPyConnection, profiles: int) -> list[Key]:
    """The keys to block on, cheapest first: single columns, then two together.

    Args:
        connection: holds the table `features`.
        profiles: number of its rows.
    """
    known = [column for column in _KEYS if filled(connection, column)[1] > 1]
    cost: dict[Key, int] = {(column,): pairs_of(connection, (column,)) for column in known}
    singles = [key for key, pairs in cost.items() if pairs <= _PAIRS_PER_PROFILE * profiles]
    broad = [column for column in known if (column,) not in singles]
    doubles: dict[Key, int] = {key: pairs_of(connection, key) for key in combinations(broad, 2)}
    fitting = {key: pairs for key, pairs in doubles.items() if pairs <= _PAIRS_PER_PROFILE * profiles}
    chosen: list[Key] = []
    budget = min(_ALL_PAIRS_PER_PROFILE * profiles, _MOST_PAIRS)
    candidates: dict[Key, int] = {key: cost[key] for key in singles} | fitting
    for key, pairs in sorted(candidates.items(), key=lambda item: (item[1], item[0])):
        if 0 < pairs <= budget:
            chosen.append(key)
            budget -= pairs
    return chosen
