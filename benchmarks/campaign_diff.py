"""The plans of two publications are compared customer by customer, against the limit of the house."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from orchestration.branch_diff.plan_changes import Plans, plan_changes

ORDER = 11
SECONDS = 10.0
_CAMPAIGN = "recall"
# Of a hundred customers one left, one joined, and ten are said otherwise of.
_PLAN = """
    select '{campaign}' as campaign_id, printf('c_%016d', n) as customer_id, channel, 'tool' as destination,
        case when channel = 'email' then 'hold' when (n + {shift}) % 10 < 6 then 'send' else 'hold' end as decision,
        case when channel = 'email' then 'other_channel_preferred' when (n + {shift}) % 10 < 6 then null
            else ['no_consent', 'frequency_cap', 'holdout', 'already_sent'][1 + n % 4] end as reason,
        case when channel = 'sms' and (n + {shift}) % 10 < 6 then '{{}}' end as fields,
        'marketing' as cap_class
    from range({first}, {first} + {customers}) as people (n), (values ('sms'), ('email')) as channels (channel)
    union all
    select 'other', printf('c_%016d', n), 'sms', 'tool', 'send', null, '{{}}', 'marketing'
    from range({first}, {first} + {customers}, 3) as people (n)"""


def run(bench: Bench) -> list[Line]:
    """Write two plans and compare them."""
    folder, customers = bench.folder / "campaign_diff", bench.sizes.published_customers
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, first, shift in (("before", 0, 0), ("after", customers // 100, 1)):
        with duckdb.connect(str(folder / f"{name}.duckdb")) as connection:
            connection.execute("create schema campaigns; create schema rules; create schema marts")
            plan = _PLAN.format(campaign=_CAMPAIGN, shift=shift, first=first, customers=customers)
            connection.execute(f"create table campaigns.campaign_plan as {plan}")
            connection.execute(
                "create table rules.plan_reasons as select * from (values ('no_consent', 4), ('holdout', 6),"
                " ('already_sent', 8), ('frequency_cap', 12), ('other_channel_preferred', 14)) as r (reason, position)"
            )
            connection.execute(
                "create table marts.customer_id_redirects as select '' as retired_customer_id, '' as customer_id"
                " where false"
            )
    one = measured(compared, folder=folder, threads=bench.threads, memory_limit=bench.memory_limit)
    return [
        Line(
            claim=f"the plan of {customers:,} members compared with the one before: joined, left, why, overlaps, caps",
            ours=one,
            limit=SECONDS,
            note=f"{one.found:,} customers moved",
        )
    ]


def compared(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> int:
    """Compare the plans; how many customers something else is said of."""
    with duckdb.connect(config={"threads": threads, "memory_limit": memory_limit}) as connection:
        for name in ("before", "after"):
            connection.execute(f"attach '{folder / name}.duckdb' as {name} (read_only)")
        with stopwatch.phase("compared"):
            plans = Plans(before="before", after="after", rules="after", customers="after")
            found = plan_changes(connection, plans, [_CAMPAIGN])[_CAMPAIGN]
    return sum(row["customers"] for row in found.moves if row["before"] != row["after"])
