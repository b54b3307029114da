"""Which pairs are looked at: those that agree in something rare enough.

Every key alone whose pairs are few compared with the number of profiles, every two keys together where one alone
would bring too many, and every three where two would. What is too many follows from the data, so a file nobody has seen
needs no setting.
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
_LARGEST_KEY = 3
_PAIRS_PER_PROFILE = 25
_ALL_PAIRS_PER_PROFILE = 100
_MOST_PAIRS = 25_000_000

Key = tuple[str, ...]


def blocking_keys(connection: duckdb.DuckDBPyConnection, profiles: int) -> list[Key]:
    """The keys to block on, cheapest first.

    Args:
        connection: holds the table `features`.
        profiles: number of its rows.
    """
    known = [column for column in _KEYS if filled(connection, column)[1] > 1]
    few = _PAIRS_PER_PROFILE * profiles
    fitting: dict[Key, int] = {}
    for size in range(1, _LARGEST_KEY + 1):
        for key in combinations(known, size):
            # What is rare enough alone needs no company.
            if any(set(part) <= set(key) for part in fitting):
                continue
            pairs = pairs_of(connection, key)
            if pairs <= few:
                fitting[key] = pairs
    chosen: list[Key] = []
    budget = min(_ALL_PAIRS_PER_PROFILE * profiles, _MOST_PAIRS)
    for key, pairs in sorted(fitting.items(), key=lambda item: (item[1], item[0])):
        if 0 < pairs <= budget:
            chosen.append(key)
            budget -= pairs
    return chosen
