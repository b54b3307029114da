"""What the allocation says of single candidates: caps, addresses, channels, priorities, drafts, limits of campaigns."""

from typing import Any
from zlib import crc32

import duckdb
import pytest

from tests.testing.dbt.allocation_worlds import LIMITS, PASSES, load
from tests.testing.dbt.compiled_models import CompiledModels

ALLOCATION = ("int_campaign_grants", "int_draft_allocation", "int_campaign_allocation")
REASONS = ("other_channel_preferred", "same_recipient", *LIMITS)
Decisions = dict[tuple[str, str, str], list[str]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("rules"), select=[*PASSES, *ALLOCATION])


@pytest.fixture
def decide(models: CompiledModels):
    """Decide on candidates, the best placed first; the reasons against each, by campaign, customer and channel."""
    with models.database() as connection:
        yield lambda *options: decisions(models, connection, list(options))


def option(customer: str, campaign: str = "recall", channel: str = "sms", **others: Any) -> dict[str, Any]:
    """A candidate without a limit but a cap of one message."""
    numbers = {"customer_key": crc32(customer.encode()), "campaign_key": crc32(campaign.encode()) >> 1}
    return {
        "campaign_id": campaign, "customer_id": customer, "step": 1, "channel": channel,
        "offer_key": crc32(f"{campaign} {others.get('step', 1)} {channel}".encode()) >> 1,
        "has_other_channels": True, "destination": "tool", "employee": None, "cap_class": "marketing",
        "is_approved": True, "has_recipient_had_it": False, **numbers,
        "offer_id": crc32(f"{customer} {campaign} {others.get('step', 1)}".encode()), "address_id": None,
        "expected_value": 1.0, "cost": 0.1,
        **{f"room_{name}": None for name in LIMITS}, "room_frequency_cap": 1, **others,
    }  # fmt: skip


def decisions(
    models: CompiledModels, connection: duckdb.DuckDBPyConnection, options: list[dict[str, Any]]
) -> tuple[Decisions, dict[str, str | None]]:
    load(connection, [{"place": place, **one} for place, one in enumerate(options, 1)])
    models.build(connection, *PASSES, *ALLOCATION)
    cursor = connection.execute("""
        select campaign_id, channel, allocation.*
        from intermediate.int_campaign_allocation as allocation
        inner join intermediate.int_offer_limits using (offer_key)
    """)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    customers = {one["customer_key"]: one["customer_id"] for one in options}
    said = {
        (row["campaign_id"], customers[row["customer_key"]], row["channel"]): [
            one for one in REASONS if row[f"fails_{one}"]
        ]
        for row in rows
    }
    return said, {row["campaign_id"]: row["lost_to"] for row in rows}


def test_a_cap_leaves_as_many_messages_as_it_has_slots(decide):
    said, _ = decide(
        option("one_left"), option("none_left", room_frequency_cap=0), option("over", room_frequency_cap=-1)
    )
    assert said["recall", "one_left", "sms"] == []
    assert said["recall", "none_left", "sms"] == said["recall", "over", "sms"] == ["frequency_cap"]


def test_the_campaign_that_is_placed_better_gets_the_slot_and_the_other_says_whom_it_lost_to(decide):
    said, lost_to = decide(option("c1", "festival"), option("c1", "recall"))
    assert said["festival", "c1", "sms"] == []
    assert said["recall", "c1", "sms"] == ["frequency_cap"]
    assert lost_to == {"festival": None, "recall": "festival"}


def test_every_limit_that_is_full_is_a_reason(decide):
    said, _ = decide(option("c1", room_frequency_cap=0, room_total_cap=0, room_fatigue=0, room_programme_cap=0))
    assert said["recall", "c1", "sms"] == ["frequency_cap", "programme_cap", "total_cap", "fatigue"]


def test_the_next_channel_takes_the_message_where_the_preferred_one_is_used_up(decide):
    said, _ = decide(
        option("c1", room_channel_cap=0), option("c1", channel="app_push"), option("c1", channel="email"),
        option("c2"), option("c2", channel="app_push"),
    )  # fmt: skip
    assert said["recall", "c1", "sms"] == ["channel_cap"]
    assert said["recall", "c1", "app_push"] == said["recall", "c2", "sms"] == []
    assert said["recall", "c1", "email"] == said["recall", "c2", "app_push"] == ["other_channel_preferred"]


def test_people_who_share_an_address_get_one_message_between_them(decide):
    said, _ = decide(
        option("mother", address_id=1), option("son", address_id=1), option("neighbour", has_recipient_had_it=True)
    )
    assert said["recall", "mother", "sms"] == []
    assert said["recall", "son", "sms"] == said["recall", "neighbour", "sms"] == ["same_recipient"]


def test_who_has_no_slot_left_leaves_the_shared_address_to_the_other(decide):
    said, _ = decide(option("mother", address_id=1, room_frequency_cap=0), option("son", address_id=1))
    assert said["recall", "mother", "sms"] == ["frequency_cap"]
    assert said["recall", "son", "sms"] == []


@pytest.mark.parametrize("limit", ["daily_limit", "offer_stock", "destination_limit"])
def test_a_limit_of_all_goes_to_whoever_is_placed_best(decide, limit):
    said, _ = decide(*(option(f"c{number}", **{f"room_{limit}": 2}) for number in range(4)))
    assert [said["recall", f"c{number}", "sms"] for number in range(4)] == [[], [], [limit], [limit]]


def test_an_employee_passes_on_as_many_messages_of_all_campaigns_as_they_can(decide):
    busy = {"channel": "wecom", "employee": "staff_7", "room_employee_capacity": 2}
    said, lost_to = decide(
        option("c1", **busy), option("c2", "gift", **busy), option("c3", **busy), option("c3"),
        option("c4", channel="wecom", employee="staff_8", room_employee_capacity=1),
        option("c5", channel="wecom", employee="staff_9"),
    )  # fmt: skip
    assert said["recall", "c1", "wecom"] == said["gift", "c2", "wecom"] == []
    assert said["recall", "c3", "wecom"] == ["employee_capacity"]
    assert said["recall", "c3", "sms"] == said["recall", "c4", "wecom"] == said["recall", "c5", "wecom"] == []
    assert lost_to["recall"] in ("gift", None)


def test_a_budget_pays_for_what_fits_and_nothing_where_a_price_is_missing(decide):
    said, _ = decide(
        *(option(f"c{number}", room_budget=0.25) for number in range(3)), option("c9", "gift", room_budget=-1)
    )
    assert [said["recall", f"c{number}", "sms"] for number in range(3)] == [[], [], ["budget"]]
    assert said["gift", "c9", "sms"] == ["budget"]


def test_a_budget_pays_for_exactly_as_many_messages_as_it_says(decide):
    said, _ = decide(*(option(f"c{number}", room_budget=0.3) for number in range(4)))
    assert [said["recall", f"c{number}", "sms"] for number in range(4)] == [[], [], [], ["budget"]]


def test_a_slot_that_a_full_budget_frees_goes_to_the_next_campaign(decide):
    said, _ = decide(
        option("c1", "gift", room_budget=0.1), option("c2", "gift", room_budget=0.1), option("c2", "recall")
    )
    assert said["gift", "c2", "sms"] == ["budget"]
    assert said["recall", "c2", "sms"] == []


def test_a_draft_takes_nothing_from_others_and_has_what_it_would_have_if_it_were_approved(decide):
    draft = {"is_approved": False}
    said, _ = decide(
        option("c1", "festival", **draft), option("c1", "birthday", **draft), option("c1", "recall"),
        option("c1", "later", **draft), option("c2", "festival", **draft),
        option("c2", "festival", "email", step=2, **draft), option("c3", "festival", **draft),
        option("c3", "festival", "app_push", **draft),
    )  # fmt: skip
    assert said["recall", "c1", "sms"] == said["festival", "c1", "sms"] == said["birthday", "c1", "sms"] == []
    assert said["later", "c1", "sms"] == said["festival", "c2", "email"] == ["frequency_cap"]
    assert said["festival", "c3", "app_push"] == ["other_channel_preferred"]
