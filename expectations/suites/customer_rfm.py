"""Marts out: RFM scores are scores, and agree with the customers' own totals."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TABLE = "warehouse.marts.customer_rfm"
CUSTOMERS = "warehouse.marts.customers"


def relation(sources: Sources) -> str:
    """One row per scored customer, with what its orders in the window exceed its orders in all by."""
    return f"""
select
    rfm.customer_id,
    coalesce(rfm.r_score, 0) as r_score,
    coalesce(rfm.f_score, 0) as f_score,
    coalesce(rfm.m_score, 0) as m_score,
    rfm.recency_days,
    rfm.frequency - coalesce(customers.orders_count, 0) as orders_too_many
from {TABLE} as rfm
left join {CUSTOMERS} as customers on rfm.customer_id = customers.customer_id"""


def _score(letter: str, zh: str, en: str) -> Check:
    return Check(
        name=f"{letter}_score_in_range",
        expectation="ExpectColumnValuesToBeInSet",
        column=f"{letter}_score",
        arguments={"value_set": [1, 2, 3, 4, 5]},
        severity="critical",
        description_zh=f"{zh}得分在 1 到 5 之间",
        description_en=f"{en} scores are 1 to 5",
    )


SUITE = Suite(
    boundary="marts",
    name="customer_rfm",
    table="marts.customer_rfm",
    keys=("customer_id",),
    relation=relation,
    requires=(TABLE, CUSTOMERS),
    is_computed=False,
    checks=(
        _score("r", "最近购买", "Recency"),
        _score("f", "购买频次", "Frequency"),
        _score("m", "消费金额", "Monetary"),
        Check(
            name="recency_not_negative",
            expectation="ExpectColumnValuesToBeBetween",
            column="recency_days",
            arguments={"min_value": 0},
            severity="critical",
            description_zh="最近购买不晚于统计日",
            description_en="No last purchase is after the day described",
        ),
        Check(
            name="frequency_within_orders",
            expectation="ExpectColumnValuesToBeBetween",
            column="orders_too_many",
            arguments={"max_value": 0},
            severity="critical",
            description_zh="窗口内订单数不超过客户订单总数",
            description_en="No customer has more orders in the window than in all",
        ),
    ),
)
