"""Marts out: customers keep what the last publication reached and called them by.

A column that was renamed in a later file, or delivered empty, takes a phone away from everybody whose row came anew.
"""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

CUSTOMERS = "warehouse.marts.customers"
PUBLISHED = "published.marts.customers"
FIELDS = {"phone": "phone_token", "email": "email_token", "name": "name_token"}
# Of a handful a few lost ones are a large share.
_FEWEST = 20


def relation(sources: Sources) -> str:
    """One row a field: customers who had it in the last publication, and how many of them are there without it.

    A rebuild of a day before the last publication's is not compared: a customer may not have told it yet.
    """
    if PUBLISHED not in sources.relations:
        return (
            "select null::varchar as field, null::bigint as customers_before, null::bigint as customers_without,"
            " null::double as lost_share where false"
        )
    fields = " union all ".join(
        f"select '{field}' as field, count(*) as customers_before,"
        f" count(*) filter (where now.{column} is null) as customers_without"
        f" from {PUBLISHED} as before inner join {CUSTOMERS} as now on before.customer_id = now.customer_id"
        f" where before.{column} is not null and now.as_of >= before.as_of"
        for field, column in FIELDS.items()
    )
    return f"""
select
    *,
    case when customers_before >= {_FEWEST} then customers_without / customers_before end as lost_share
from ({fields}) as counted"""


SUITE = Suite(
    boundary="marts",
    name="customer_contacts",
    table="marts.customers",
    keys=("field", "customers_before", "customers_without"),
    relation=relation,
    requires=(CUSTOMERS,),
    checks=(
        Check(
            name="are_kept",
            expectation="ExpectColumnValuesToBeBetween",
            column="lost_share",
            arguments=lambda limits: {"max_value": limits.lost_contacts_share},
            severity="critical",
            description_zh="客户的手机、邮箱和姓名较上次发布没有大量丢失（是否有列改了名，或整列为空？）",
            description_en="Few customers have lost the phone, e-mail or name that the last publication had of them (a "
            "column renamed or delivered empty?)",
            is_acceptable=True,
        ),
    ),
)
