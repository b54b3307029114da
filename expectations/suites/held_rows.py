"""Marts out: what could not be counted is named, and stops what rests on it."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TABLE = "warehouse.marts.held_rows"

# Fewer held orders than this pass whatever their share: two of ten are no trend.
MIN_HELD_ORDERS = 5


def relation(sources: Sources) -> str:
    """One row per channel, concept, reason and value, with what it weighs.

    Held orders are missing from revenue: a few are shown, a share of a channel's orders stops. Held entries of a points
    ledger make a balance wrong, so one is enough.
    """
    return f"""
select
    channel,
    concept,
    reason,
    coalesce(value, '') as value,
    held_rows,
    case when concept = 'points' then held_rows else 0 end as held_points,
    case when concept = 'orders' and channel_held_rows >= {MIN_HELD_ORDERS} then channel_held_share else 0 end
        as held_orders_share
from {TABLE}"""


SUITE = Suite(
    boundary="marts",
    name="held_rows",
    table="marts.held_rows",
    keys=("channel", "concept", "reason", "value"),
    relation=relation,
    requires=(TABLE,),
    checks=(
        Check(
            name="no_balance_rests_on_a_held_entry",
            expectation="ExpectColumnValuesToBeBetween",
            column="held_points",
            arguments={"max_value": 0},
            severity="critical",
            description_zh="积分余额不依赖含义不明的流水；请在 point_kind_words 中补充该词",
            description_en="No points balance rests on an entry that cannot be read; add its word to point_kind_words",
        ),
        Check(
            name="held_orders_share",
            expectation="ExpectColumnValuesToBeBetween",
            column="held_orders_share",
            arguments=lambda limits: {"max_value": limits.held_orders_share},
            severity="critical",
            description_zh="各渠道待确认订单占比不超限；请补充 order_status_words、currencies 或 exchange_rates",
            description_en=(
                "Held orders stay a small share of every channel's; "
                "add what is missing to order_status_words, currencies or exchange_rates"
            ),
        ),
        Check(
            name="nothing_held",
            expectation="ExpectColumnValuesToBeBetween",
            column="held_rows",
            arguments={"max_value": 0},
            severity="warning",
            description_zh="没有因含义不明或缺值而未计入的行",
            description_en="No rows are left out because nobody said what they mean or because a value is missing",
        ),
    ),
)
