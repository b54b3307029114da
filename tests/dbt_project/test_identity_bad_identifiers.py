"""Identifiers as no source should deliver them: the run ends soon, nobody is merged by mistake, and it is in review."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.testing.dbt.identity_runs import IdentityRuns, Rows

CROWD, CHAIN = 50_000, 100_000
ABSURD = ["", "   ", "0", "0000-0000", "x" * 10_000, "😀" * 300, "'; drop table identity.customer_map; --", "null",
          "TEST", "\\", '"', "%", "1e309", "NaN", "{}", "[1,2]", "\u202e\u0000x"]  # fmt: skip
KINDS = ("phone_token", "email_token", "id_number_token", "member_no", "wecom_unionid", "wecom_external_userid",
         "shop_account", "app_user_id", "device_id")  # fmt: skip
SECONDS, MEGABYTES = 180, 4096


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> IdentityRuns:
    """One run on a phone of 50,000 people, one of one person's 50,000 tickets, a chain of 100,000, and absurdities."""
    runs = IdentityRuns(tmp_path_factory.mktemp("bad"))
    runs.give("once", {"int_profiles": [*_crowds(), *_chain(), *_absurd(), *_honest()]})
    started = time.monotonic()
    runs.run("once")
    assert time.monotonic() - started < SECONDS
    assert runs.peak_kib / 1024 < MEGABYTES
    return runs


def test_a_phone_of_fifty_thousand_links_nobody_and_is_in_review(runs: IdentityRuns) -> None:
    blocked = dict(runs.found("once", "int_identity__untrusted_values", "identifier_value, reason"))
    assert blocked["crowd"] == "too_many_people"
    assert blocked["tickets"] == "too_many_profiles"
    assert _sizes(runs, "crowd:%") == _sizes(runs, "tickets:%") == {1: CROWD}


def test_a_chain_of_a_hundred_thousand_breaks_at_its_weaker_links_and_they_are_in_review(runs: IdentityRuns) -> None:
    assert _sizes(runs, "chain:%") == {2: CHAIN // 2}
    columns = "identifier_type, guard_reason"
    refused = Counter(runs.found("once", "int_identity__refused_links", columns))
    assert refused == {("email", "too_many_profiles"): CHAIN // 2 - 1}


def test_absurd_identifiers_link_only_where_they_could_be_real_and_honest_ones_as_always(runs: IdentityRuns) -> None:
    blocked = set(runs.found("once", "int_identity__untrusted_values", "identifier_type, identifier_value, reason"))
    for value in ("", "   ", "0000-0000", "x" * 10_000, "😀" * 300, "null", "TEST"):
        assert ("member_no", value, "blocked_value") in blocked
    assert max(_sizes(runs, "absurd:%")) <= 10
    assert _sizes(runs, "honest:%") == {2: 1}


def _crowds() -> Rows:
    people = [_profile(f"crowd:{n}", phone_token="crowd", identity_name_token=f"n{n}") for n in range(CROWD)]
    tickets = [_profile(f"tickets:{n}", phone_token="tickets", identity_name_token="one") for n in range(CROWD)]
    return [*people, *tickets]


def _chain() -> Rows:
    return [_profile(f"chain:{n}", member_no=f"M{n // 2}", email_token=f"e{(n + 1) // 2}") for n in range(CHAIN)]


def _absurd() -> Rows:
    return [
        _profile(f"absurd:{index}-{kind}-{twin}", **{kind: value})
        for index, value in enumerate(ABSURD)
        for kind in KINDS
        for twin in (1, 2)
    ]


def _honest() -> Rows:
    return [_profile(f"honest:{n}", member_no="M-honest") for n in (1, 2)]


def _profile(name: str, **carried: str) -> dict[str, object]:
    day = "2026-01-01 10:00:00"
    return {"source_profile_id": name, "channel": name.partition(":")[0], "is_test": False, "registered_at": day,
            "updated_at": day, "first_load_id": "1", **carried}  # fmt: skip


def _sizes(runs: IdentityRuns, like: str) -> dict[int, int]:
    """How many customers have how many profiles."""
    names = runs.found("once", "int_identity__profile_customers", "customer_id, source_profile_id")
    prefix = like.removesuffix("%")
    per_customer = Counter(customer for customer, name in names if name.startswith(prefix))
    return dict(Counter(per_customer.values()))
