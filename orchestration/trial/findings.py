"""What a trial says of its file beside who is whom: ids that came twice, values that cannot be read, warnings."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

_NAMED_IDS = 5
_IDENTIFIERS = ("phone", "email", "id_number")


@dataclass(frozen=True)
class RepeatedIds:
    """Record ids that came with several rows.

    Attributes:
        ids: how many there are.
        examples: a few of them.
        other_people: rows under an id whose first row is about somebody else; each is a record of its own.
    """

    ids: int
    examples: tuple[str, ...]
    other_people: int


@dataclass(frozen=True)
class Warned:
    """A measure of merging that is beyond its bound.

    Attributes:
        name: what is measured, in English.
        value: what it is.
        bound: the most that is taken for right.
        records: records to look at first: for each of the largest people one of theirs.
    """

    name: str
    value: float
    bound: float
    records: tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """Values of a column that cannot be what they should be; such a value links nobody.

    Attributes:
        column: phone, email or id_number.
        values: how many are filled.
        unreadable: how many of them are wrong: a rounded number, a wrong check digit, no address …
    """

    column: str
    values: int
    unreadable: int


def unreadable_values(connection: duckdb.DuckDBPyConnection) -> list[Unreadable]:
    """The columns with values that cannot be read; reads the trial's warehouse."""
    found = []
    for name in _IDENTIFIERS:
        row = connection.execute(
            f"select count({name}_mask), count({name}_mask) filter (where {name}_token is null) "
            "from staging.stg_records__rows"
        ).fetchone()
        if row and row[1]:
            found.append(Unreadable(name, int(row[0]), int(row[1])))
    return found


def repeated_ids(connection: duckdb.DuckDBPyConnection) -> RepeatedIds | None:
    """Record ids that came with several rows; None where none did."""
    rows = connection.execute(
        "select record_id, count(*) filter (where person_id <> record_id) from staging.stg_records__row_people "
        "group by record_id having count(*) > 1 order by record_id"
    ).fetchall()
    if not rows:
        return None
    return RepeatedIds(len(rows), tuple(str(name) for name, _ in rows[:_NAMED_IDS]), sum(int(many) for _, many in rows))


def spread_warnings(connection: duckdb.DuckDBPyConnection) -> list[Warned]:
    """Measures of merging that an installation's gate would stop."""
    rows = connection.execute(
        """
        with named as (
            select measure, value, bound, unnest(string_split(largest_customers, ', ')) as customer
            from marts.identity_spread
            where not is_within
        ),
        examples as (
            select named.measure, named.customer, min(split_part(customer_map.source_profile_id, ':', 2)) as record
            from named
            inner join identity.customer_map on customer_map.customer_id = split_part(named.customer, ' ', 1)
            group by named.measure, named.customer
        )
        select bounds.name_en, named.value, named.bound, list(distinct examples.record order by examples.record)
        from named
        inner join seeds.identity_bounds as bounds on named.measure = bounds.measure
        left join examples on named.measure = examples.measure and named.customer = examples.customer
        group by named.measure, bounds.name_en, named.value, named.bound
        order by named.measure
        """
    ).fetchall()
    return [
        Warned(str(name), float(value), float(bound), tuple(one for one in records or () if one))
        for name, value, bound, records in rows
    ]
