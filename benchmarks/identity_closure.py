"""Identity from profiles to the customer map: everything rebuilt, a day of 1 % new, closure against a union-find."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from array import array
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, measured
from stores.settings import PROJECT_ROOT

ORDER = 5
LIMIT_SECONDS = 120
LIMIT_MB = 8 * 1024
DAY_LIMIT_SECONDS = LIMIT_SECONDS / 10
PROJECT = PROJECT_ROOT / "dbt_project"
MODELS = "+int_identity__build_checkpoint,path:models/intermediate/identity"
# What the identity models read from elsewhere and this benchmark leaves empty.
EMPTY = {
    "staging.stg_linkage__links": "left_profile_id varchar, right_profile_id varchar, model_version varchar,"
    " field_weights varchar, match_probability double",
    "staging.stg_operations__identity_decisions": "decision_id varchar, decision varchar, left_profile_id varchar,"
    " right_profile_id varchar, is_active boolean",
    "staging.stg_operations__deliveries": "customer_id varchar",
    "identity.int_identity__login_log": "channel varchar, login_place varchar, account_type varchar, account varchar,"
    " first_seen_at timestamp, last_seen_at timestamp, load_id varchar",
}


def run(bench: Bench) -> list[Line]:
    """Make profiles, resolve them, add a day, resolve again; close the same links with a union-find."""
    home = bench.folder / "identity"
    made = measured(make, home=home, bench=bench).found
    whole = measured(resolve, home=home, bench=bench)
    peer = measured(union_find, home=home)
    measured(add_a_day, home=home, bench=bench)
    day = measured(resolve, home=home, bench=bench)
    if not day.found["is_partial"] or whole.found["is_partial"]:
        raise RuntimeError("the day was not built on what there was, or the first run was")
    size = f"{made['observations']:,} observations of {made['profiles']:,} profiles"
    closure = measured(closure_of, seconds=whole.found["closure_seconds"])
    peak = max(whole.peak_mb, day.peak_mb)
    return [
        Line(
            claim=f"identity, {size}, to the customer map",
            ours=whole,
            limit=LIMIT_SECONDS,
            note=f"peak {peak:,.0f} of {LIMIT_MB:,} MB allowed{'' if peak <= LIMIT_MB else ': TOO MUCH'};"
            f" {whole.found['customers']:,} customers, {whole.found['refused']:,} links refused;"
            f" {whole.found['closing_seconds']:.1f} s more to close the warehouse",
        ),
        Line(
            claim=f"identity, the next day with {made['new_profiles']:,} new profiles",
            ours=day,
            limit=DAY_LIMIT_SECONDS,
            note=f"{day.found['affected']:,} profiles affected; {day.seconds / whole.seconds:.2f} x everything rebuilt;"
            f" {day.found['closing_seconds']:.1f} s more to close the warehouse",
        ),
        Line(
            claim=f"closure alone, {peer.found['links']:,} links",
            ours=closure,
            against="union-find in Python on the same links",
            peer=peer,
            note="the same components",
        ),
    ]


def make(_: Stopwatch, home: Path, bench: Bench) -> dict[str, int]:
    """Profiles of people as they are, with chains of 30 and hubs of 1,000 among them; how many of what."""
    home.mkdir(parents=True, exist_ok=True)
    profiles = bench.sizes.identity_profiles
    _dbt(home, bench, "seed", "--quiet", "--select", "path:seeds/identity")
    with _warehouse(home, bench) as connection:
        for schema in ("intermediate", "staging", "identity"):
            connection.execute(f"create schema if not exists {schema}")
        for table, columns in EMPTY.items():
            connection.execute(f"create or replace table {table} ({columns})")
        connection.execute(
            f"create or replace table intermediate.int_profiles as {profiles_sql(0, profiles, profiles)}"
        )
        observations = connection.execute("""
            select sum(
                (phone_token is not null)::int + (email_token is not null)::int + (member_no is not null)::int
                + (device_id is not null)::int + (shop_account is not null)::int + (app_user_id is not null)::int
                + (phone_token is not null and email_token is not null)::int
            )::bigint from intermediate.int_profiles
        """).fetchall()[0][0]
    return {"profiles": profiles, "observations": observations, "new_profiles": profiles // 100}


def add_a_day(_: Stopwatch, home: Path, bench: Bench) -> None:
    """One in a hundred profiles more, of people known and unknown."""
    profiles = bench.sizes.identity_profiles
    with _warehouse(home, bench) as connection:
        fresh = profiles_sql(profiles, profiles + profiles // 100, profiles)
        connection.execute(f"insert into intermediate.int_profiles {fresh}")


def profiles_sql(first: int, last: int, base: int) -> str:
    """A select of the profiles numbered `first` up to `last` of a world that began with `base`.

    People have one profile or many: their number falls with the square of a random number. 1 in 50 shares the phone of
    the one before. Of every 1,000,000 profiles 7,500 are in chains of 30 (each shares a member number with the one
    before and an e-mail address with the one after, or the other way round), and 25,000 in hubs of 1,000 (one phone,
    half of them with one name and half with a name each).
    """
    people, stretch = int(base / 2.2), min(base, 1_000_000)
    return f"""
        with numbered as (
            select
                i,
                hash(i, 1) / 18446744073709551616.0 as one,
                hash(i, 2) % 1000 as two, hash(i, 3) % 1000 as three, hash(i, 4) % 1000 as four,
                hash(i, 5) % 1000 as five, hash(i, 6) % 1000 as six,
                case
                    when i >= {base} then 'person'
                    when i % {stretch} < {stretch} * 0.0075 then 'chain'
                    when i % {stretch} < {stretch} * 0.0325 then 'hub'
                    else 'person'
                end as kind,
                date '2020-01-01' + (hash(i, 7) % 2000)::int as day
            from range({first}, {last}) as r(i)
        ),
        owned as (
            select
                *,
                case when i < {base} or two < 800 then floor(pow(one, 1.5) * {people})::bigint else i end as person
            from numbered
        )
        select
            ['shop', 'pos', 'app', 'service'][i % 4 + 1] || ':' || i as source_profile_id,
            ['shop', 'pos', 'app', 'service'][i % 4 + 1] as channel,
            i::varchar as native_id,
            case kind
                when 'hub' then md5('hub' || i // 1000)
                when 'person' then
                    case when two < 800 then md5('p' || case when person % 50 = 1 then person - 1 else person end) end
            end as phone_token,
            case when phone_token is not null then '138****' || left(phone_token, 4) end as phone_mask,
            case kind
                when 'chain' then md5('e' || i // 30 || '-' || (i % 30) // 2)
                when 'person' then case when three < 500 then md5('e' || person) end
            end as email_token,
            case when email_token is not null then left(email_token, 1) || '***@example.com' end as email_mask,
            null::varchar as id_number_token,
            null::varchar as id_number_mask,
            case kind
                when 'hub' then md5('n' || case when i // 1000 % 2 = 0 then 0 else i end)
                when 'person' then case when four < 750 then md5('n' || person) end
            end as identity_name_token,
            null::varchar as name_features,
            case kind
                when 'chain' then 'M' || i // 30 || '-' || (i % 30 + 1) // 2
                when 'person' then case when five < 280 then 'M' || person end
            end as member_no,
            null::varchar as wecom_unionid,
            null::varchar as wecom_external_userid,
            case when i % 4 = 0 then i::varchar end as shop_account,
            case when i % 4 = 2 then i::varchar end as app_user_id,
            case when i % 4 = 2 and kind = 'person' and six < 600 then 'D' || person end as device_id,
            case when six < 200 then date '1960-01-01' + (hash(person, 8) % 15000)::int end as birthday,
            null::varchar as birthday_text,
            false as is_test,
            day::timestamp as registered_at,
            day::timestamp + interval 3 days as updated_at,
            (i // 100000)::varchar as first_load_id
        from owned
    """


def resolve(stopwatch: Stopwatch, home: Path, bench: Bench) -> dict[str, float]:
    """Run the identity models; time from the start of the first until the last is committed."""
    _dbt(home, bench, "run", "--quiet", "--select", MODELS, "--exclude", "int_identity__login_log")
    closed_at = datetime.now(UTC)
    results = json.loads((home / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    moments = [datetime.fromisoformat(step[end]) for result in results for step in result["timing"]
               for end in ("started_at", "completed_at")]  # fmt: skip
    stopwatch.phases["models"] = (max(moments) - min(moments)).total_seconds()
    closing = [result for result in results if result["unique_id"].endswith(".int_identity__components_before_guards")]
    with _warehouse(home, bench) as connection:
        customers, refused, affected, is_partial = connection.execute("""
            select
                (select count(distinct customer_id) from identity.int_identity__profile_customers),
                (select count(*) from identity.int_identity__refused_links),
                (select count(*) from identity.int_identity__affected_profiles),
                (select is_partial from identity.int_identity__build_plan)
        """).fetchall()[0]
    return {
        "customers": customers, "refused": refused, "affected": affected, "is_partial": is_partial,
        "closure_seconds": closing[0]["execution_time"], "closing_seconds": (closed_at - max(moments)).total_seconds(),
    }  # fmt: skip


def closure_of(stopwatch: Stopwatch, seconds: float) -> None:
    """The seconds that the closure took within the run."""
    stopwatch.phases["closure"] = seconds


def union_find(stopwatch: Stopwatch, home: Path) -> dict[str, int]:
    """Close the links of the graph by hand, and compare with the components of the models."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        links = "identity.int_identity__identifier_groups where profile_key <> centre_key"
        nodes = f"(select profile_key as node from {links} union select centre_key from {links})"
        connection.execute(
            f"create temp table nodes as select node, row_number() over (order by node) - 1 as n from {nodes}"
        )
        ends = connection.execute(f"""
            select one.n as a, other.n as b
            from (from {links}) as links
            inner join nodes as one on links.profile_key = one.node
            inner join nodes as other on links.centre_key = other.node
        """).fetchnumpy()
        found = connection.execute("""
            select lowest.n from nodes
            inner join identity.int_identity__components_before_guards as closed on nodes.node = closed.node_id
            inner join nodes as lowest on closed.cluster_id = lowest.node
            order by nodes.n
        """).fetchnumpy()["n"].tolist()  # fmt: skip
    first, second = array("q", ends["a"].tolist()), array("q", ends["b"].tolist())
    with stopwatch.phase("union-find"):
        parent = list(range(len(found)))
        for a, b in zip(first, second, strict=True):
            while parent[a] != a:
                parent[a] = a = parent[parent[a]]
            while parent[b] != b:
                parent[b] = b = parent[parent[b]]
            if a < b:
                parent[b] = a
            else:
                parent[a] = b
        for node in range(len(parent)):
            parent[node] = parent[parent[node]]
    if parent != found:
        raise RuntimeError("the union-find and the models disagree about the components")
    return {"links": len(first)}


def _warehouse(home: Path, bench: Bench) -> duckdb.DuckDBPyConnection:
    settings = {"threads": bench.threads, "memory_limit": bench.memory_limit}
    return duckdb.connect(str(home / "warehouse.duckdb"), config={**settings, "preserve_insertion_order": "false"})


def _dbt(home: Path, bench: Bench, *arguments: str) -> None:
    environment = os.environ | {
        "GUANXI_WAREHOUSE": str(home / "warehouse.duckdb"), "GUANXI_LAKE": str(home / "lake"),
        "GUANXI_AS_OF": "2026-06-30", "GUANXI_THREADS": str(bench.threads), "GUANXI_MEMORY_LIMIT": bench.memory_limit,
        "DBT_PROFILES_DIR": str(PROJECT), "DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs"),
    }  # fmt: skip
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments, "--project-dir", str(PROJECT)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dbt {arguments[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
