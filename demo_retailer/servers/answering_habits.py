"""How likely people are to answer a message, by what they are like: their hidden traits, which no channel delivers."""

from __future__ import annotations

from dataclasses import dataclass

from demo_retailer.people_truth import people_path
from demo_retailer.world import truth_path
from stores.duckdb_connection import open_scratch
from stores.settings import Settings


@dataclass(frozen=True)
class Answers:
    """Shares, 0 to 1, of the messages that arrive which somebody opens, buys after, unsubscribes from, complains of."""

    opens: float
    orders: float
    unsubscribes: float
    complains: float


# Who has no shop account, so that nobody knows what they are like.
ANYBODY = Answers(0.42, 0.08, 0.012, 0.002)
_OPENS = {True: 0.75, False: 0.31}  # by whether they open what is pushed
_ORDERS = {"deal_seeker": 0.13, "full_price": 0.04}
_UNSUBSCRIBES = {"unhappy": 0.04, "happy": 0.006}
_COMPLAINS = {"unhappy": 0.01, "happy": 0.0005}


def answers_of(settings: Settings, accounts: set[str]) -> dict[str, Answers]:
    """How people answer, by shop account; without those of whom the truth says nothing.

    Args:
        settings: whose demo world.
        accounts: the shop accounts that are asked for.
    """
    if not accounts or not people_path(settings).exists() or not truth_path(settings).exists():
        return {}
    with open_scratch() as connection:
        connection.register("truth", connection.read_parquet(str(truth_path(settings))))
        connection.register("people", connection.read_parquet(str(people_path(settings))))
        rows = connection.execute(
            """
            select truth.native_id, min(people.deal), min(people.mood), bool_or(people.is_push_friend)
            from truth
            inner join people on truth.person_id = people.person_id
            where truth.channel = 'shop' and truth.native_id in (select unnest(?))
            group by truth.native_id
            """,
            [sorted(accounts)],
        ).fetchall()
    return {
        account: Answers(
            _OPENS[is_push_friend],
            _ORDERS.get(deal, ANYBODY.orders),
            _UNSUBSCRIBES.get(mood, ANYBODY.unsubscribes),
            _COMPLAINS.get(mood, ANYBODY.complains),
        )
        for account, deal, mood, is_push_friend in rows
    }
