"""Marts out: customers carry what makes a record usable (requirement A4: core fields at least 90 % complete)."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TABLE = "warehouse.marts.customers"


def relation(sources: Sources) -> str:
    """The customers, with their contact points as one column: any way to reach the person counts."""
    return f"""
select
    customer_id,
    first_channel,
    name_token,
    coalesce(phone_token, email_token, app_user_id, wecom_external_userid) as contact,
    first_seen_at
from {TABLE}"""


def _complete(name: str, column: str, zh: str, en: str, critical: bool = False) -> Check:
    return Check(
        name=name,
        expectation="ExpectColumnValuesToNotBeNull",
        column=column,
        arguments=lambda limits: {"mostly": limits.core_completeness},
        # What a channel never collects cannot be complete, so what people fill in warns and what we derive blocks.
        severity="critical" if critical else "warning",
        description_zh=zh,
        description_en=en,
        keep_value=False,
    )


SUITE = Suite(
    boundary="marts",
    name="customers",
    table="marts.customers",
    keys=("customer_id",),
    relation=relation,
    requires=(TABLE,),
    is_computed=False,
    checks=(
        _complete("first_channel_known", "first_channel", "客户的首次渠道已知", "Customers have a first channel", True),
        _complete("first_seen_known", "first_seen_at", "客户的首次出现时间已知", "Customers were first seen at a time"),
        _complete("name_known", "name_token", "客户姓名完整率达标", "Customers' names are complete enough"),
        _complete("contact_known", "contact", "可触达的客户占比达标", "Enough customers can be reached somewhere"),
    ),
)
