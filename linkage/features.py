"""The feature table that linkage works on: one row per source profile, from `int_identity__linkage_features`."""

from __future__ import annotations

import duckdb

TABLE = "features"
UNIQUE_ID = "source_profile_id"

_TEXTS = (
    "given_token", "family_token", "email_token", "email_local_token", "id_number_token", "address_token",
    "address_line_2_token", "phone_token", "birthday", "house_number", "postcode", "city", "province", "birthplace",
    "company", "job_title", "gender",
)  # fmt: skip
_FILTERS = (
    "given_bits",
    "family_bits",
    "phone_bits",
    "email_bits",
    "id_number_bits",
    "address_bits",
    "address_line_2_bits",
)


def prepare(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    """Make the table `features` with Bloom filters as BIT and the birthday also as a date.

    Args:
        connection: where the table is made.
        source: a relation with the columns of `int_identity__linkage_features`.

    Returns:
        Number of profiles.
    """
    texts = ", ".join(f"nullif({name}, '') as {name}" for name in _TEXTS)
    bits = {name: f"from_hex(nullif({name}, ''))::bit" for name in _FILTERS}
    filters = ", ".join(f"{each} as {name}, bit_count({each})::int as {name}_set" for name, each in bits.items())
    connection.execute(
        f"create or replace table {TABLE} as select {UNIQUE_ID}, {texts}, {filters}, "
        "try_strptime(birthday, '%Y%m%d')::date as birthday_date, "
        # the same for a name whose parts were swapped
        "nullif(least(given_token, family_token) || greatest(given_token, family_token), '') as whole_name "
        f"from {source}"
    )
    return count(connection, f"select count(*) from {TABLE}")


def leave_out(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    """Keep only the profiles that meet a condition.

    Returns:
        Number of profiles kept.
    """
    connection.execute(f"delete from {TABLE} where ({condition}) is not true")
    return count(connection, f"select count(*) from {TABLE}")


def by_channel(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, int]:
    """Number of profiles of each channel.

    Args:
        connection: can read the relation.
        relation: has `source_profile_id`, as in shop:10023.
    """
    query = f"select split_part({UNIQUE_ID}, ':', 1), count(*) from {relation} group by 1 order by 1"
    return {str(channel): int(profiles) for channel, profiles in connection.execute(query).fetchall()}


def filled(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[float, int]:
    """Share of the profiles that have a value in the column, and how many different ones there are."""
    row = connection.execute(
        f"select coalesce(count({column}) / nullif(count(*), 0), 0), count(distinct {column}) from {TABLE}"
    ).fetchone()
    assert row is not None
    return float(row[0]), int(row[1])


def pairs_of(connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...]) -> int:
    """How many pairs of profiles have equal values in all these columns."""
    known = " and ".join(f"{column} is not null" for column in columns)
    keys = ", ".join(columns)
    return count(
        connection,
        f"select coalesce(sum(size * (size - 1) // 2), 0)::bigint from "
        f"(select count(*) as size from {TABLE} where {known} group by {keys})",
    )


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one whole number that a query returns."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
