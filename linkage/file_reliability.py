"""How far a file that is only tried can be relied on: whether what differs tells people apart or is its own mistake."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from linkage.comparisons import KEYED
from linkage.features import TABLE, UNIQUE_ID
from linkage.model import Model

# Where more of the true matches show another given name, or birthday, it is the file's own mistake far oftener than a
# twin or a father.
_RELIABLE = 0.05
# Likewise where so many of them are spelled otherwise.
_RELIABLE_SPELLING = 0.15
_FEWEST_SURE_PAIRS = 20
_FAR_OFF = (
    "(abs(date_diff('day', l.birthday_date, r.birthday_date)) > 400 and substr(l.birthday, 5) <> substr(r.birthday, 5))"
)
_SAME_OWN = (
    f"select l.{UNIQUE_ID} as left_id, r.{UNIQUE_ID} as right_id from {TABLE} as l inner join {TABLE} as r "
    f"on l.{{name}} = r.{{name}} and l.{UNIQUE_ID} < r.{UNIQUE_ID}"
)


@dataclass(frozen=True)
class Reliability:
    """Whether another given name, another spelling of it, or a birthday far off tells people apart.

    Otherwise it is the file's own mistake too often.
    """

    names: bool = True
    spelling: bool = True
    birthdays: bool = True


def reliability_of(connection: duckdb.DuckDBPyConnection, model: Model) -> Reliability:
    """How far a file that is only tried can be relied on.

    What training learned counts relatives among the mistakes where there are many of them, or where all given names are
    alike. So those are counted too who share what relatives do not, and the lower share holds.

    Args:
        connection: holds the table `features`.
        model: the trained model.
    """
    levels = {name: model.levels(name) if name in model.comparisons else [] for name in ("given_name", "birthday")}
    learned = [
        float(sum(level["m_probability"] for level in one))
        for one in (levels["given_name"][-1:], levels["given_name"][2:], levels["birthday"][-1:])
    ]
    alike = "2.0 * bit_count(l.given_bits & r.given_bits) / (l.given_bits_set + r.given_bits_set)"
    other = "(l.given_token <> r.given_token and l.given_token is distinct from r.family_token)"
    row = connection.execute(
        f"""
        with sure as (
            select l.birthday = r.birthday as one_birthday, l.given_token = r.given_token as one_name,
                {other} as is_other, {other} and {alike} < {KEYED.degrees[-1]} as is_unlike,
                {_FAR_OFF} as is_far_off
            from (
                {" union ".join(_SAME_OWN.format(name=name) for name in ("email_token", "id_number_token"))}
            ) as pairs
            inner join {TABLE} as l on pairs.left_id = l.{UNIQUE_ID}
            inner join {TABLE} as r on pairs.right_id = r.{UNIQUE_ID}
        )
        select
            count(is_other) filter (where one_birthday), avg(is_unlike::int) filter (where one_birthday),
            avg(is_other::int) filter (where one_birthday),
            count(is_far_off) filter (where one_name), avg(is_far_off::int) filter (where one_name)
        from sure
        """
    ).fetchone()
    assert row is not None
    counted = [row[1] if row[0] >= _FEWEST_SURE_PAIRS else None, row[2] if row[0] >= _FEWEST_SURE_PAIRS else None]
    counted.append(row[4] if row[3] >= _FEWEST_SURE_PAIRS else None)
    names, spelling, birthdays = (
        one if other is None else min(one, float(other)) for one, other in zip(learned, counted, strict=True)
    )
    return Reliability(names <= _RELIABLE, spelling <= _RELIABLE_SPELLING, birthdays <= _RELIABLE)
