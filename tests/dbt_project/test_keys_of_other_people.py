"""A source's key that comes back with another person: nobody is replaced, and a steward is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ingestion.personal_data.similarity_features import similarity_features
from stores.keyring import Keyring
from tests.testing.dbt.dbt_runner import Dbt
from tests.testing.dbt.tiny_lake import TinyLake
from tests.testing.dbt.tiny_rows import person

KEYS = Keyring(b"k" * 32, {}, "")
JUNE, JULY = "2026-06-01 10:00:00", "2026-06-20 10:00:00"
SELECTED = ("identity_review", "customer_map", "int_profiles", "int_consents", "stg_loyalty__members")
BUILD = (
    "build", "--select", *(f"+{model}" for model in SELECTED),
    "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
)  # fmt: skip
# Of each channel the table, the key's columns, the name's column, and what is a person's own besides.
CHANNELS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "loyalty": ("members", ("member_no",), "name", "phone"),
    "shop": ("customers", ("customer_id",), "name", "mobile"),
    "app": ("users", ("app_user_id",), "name", "phone"),
    "pos": ("customers", ("pos_customer_id",), "name", "phone"),
    "wecom": ("contacts", ("external_userid", "follow_userid"), "remark", "mobile"),
    "exhibitions": ("leads", ("lead_no",), "name", "phone"),
    "activities": ("registrations", ("registration_id",), "name", "phone"),
    "records": ("people", ("record_id",), "name", "phone"),
}
# A row of theirs is somebody's only while it has a number.
NUMBERED_ONLY = ("exhibitions", "activities")
Version = Mapping[str, Any]
# Of each key what comes first, and what comes later.
ONE_PERSON: dict[str, tuple[Version, Version]] = {
    "moved": ({"name": "陈静", "phone": "1"}, {"name": "陈静", "phone": "2"}),
    "respelled": ({"name": "Rebecca Johnson", "phone": "3"}, {"name": "Rebeca Jonson", "phone": "4"}),
    "swapped": ({"name": "Julia Fischer", "phone": "5"}, {"name": "Fischer Julia", "phone": "6"}),
    "romanised": ({"name": "赵丽颖", "phone": "7"}, {"name": "Zhao Liying", "phone": "8"}),
    "married": ({"name": "Joana Souza", "phone": "9"}, {"name": "Joana Pereira", "phone": "9"}),
    "a name arrives": ({"phone": "10"}, {"name": "Emil Roth", "phone": "11"}),
    "no number yet": ({"name": "Otto Blum", "phone": "12"}, {"name": "Ida Kern"}),
    "surname only": ({"name": "Tanaka", "phone": "13"}, {"name": "Tanaka Haruto", "phone": "14"}),
}
ANOTHER = ({"name": "王伟", "phone": "21"}, {"name": "佐藤健", "phone": "22"})


def version(channel: str, key: str, known: Version) -> dict[str, Any]:
    """A row of the channel's list of people."""
    _, keys, name_column, phone_column = CHANNELS[channel]
    row: dict[str, Any] = dict.fromkeys(keys, key)
    if "name" in known:
        row |= person(known["name"], name_column)
        row[f"{name_column}_features"] = similarity_features("name", known["name"], KEYS)
    if "phone" in known:
        row |= person(f"{channel}-{known['phone']}", phone_column)
    return row


def dated(channel: str, row: dict[str, Any], moment: str) -> dict[str, Any]:
    if channel in ("wecom", "exhibitions", "records"):
        return row | ({"created_at": moment} if channel == "wecom" else {})
    return row | {"updated_at": moment}


class Story:
    """Every channel's keys as they first came, as they came again, and once more after a steward's decisions."""

    def __init__(self, dbt: Dbt, lake: TinyLake) -> None:
        self.dbt = dbt
        for number, channel in enumerate(CHANNELS):
            rows = {key: first for key, (first, _) in ONE_PERSON.items()} | {"K": ANOTHER[0]}
            self.load(lake, channel, f"1000.{number}", rows, JUNE)
        dbt.run(*BUILD)
        for number, channel in enumerate(CHANNELS):
            rows = {key: later for key, (_, later) in ONE_PERSON.items()} | {"K": ANOTHER[1]}
            self.load(lake, channel, f"2000.{number}", rows, JULY)
        dbt.run(*BUILD)
        self.profiles, self.customers, self.waiting = self.found()
        decisions = [
            {
                "decision_id": f"d_{number}", "decision": decision, "left_profile_id": f"{channel}:K",
                "right_profile_id": f"{channel}:K#{place}", "decided_by": "li", "reason": "asked them",
                "is_active": True, "decided_at": JULY, "updated_at": JULY,
            }
            for number, (decision, channel, place) in enumerate([("join", "loyalty", 2), ("separate", "shop", 2)])
        ]  # fmt: skip
        lake.load("operations", "3000.1", {"identity_decisions": decisions})
        # the first person's number comes once more
        self.load(lake, "pos", "3000.2", {"K": ANOTHER[0]}, JULY)
        dbt.run(*BUILD, "--full-refresh")
        self.later = self.found()

    @staticmethod
    def load(lake: TinyLake, channel: str, load_id: str, rows: dict[str, Version], moment: str) -> None:
        table = CHANNELS[channel][0]
        lake.load(channel, load_id, {table: [dated(channel, version(channel, *row), moment) for row in rows.items()]})

    def found(self) -> tuple[dict[str, Any], dict[str, str], dict[tuple[str, str], Any]]:
        profiles = self.dbt.query("select source_profile_id, name_token, phone_token from intermediate.int_profiles")
        customers = self.dbt.query("select source_profile_id, customer_id from identity.customer_map")
        waiting = self.dbt.query(
            "select left_profile_id, right_profile_id, kind, reason, reason_zh, reason_en from marts.identity_review"
        )
        return (
            {profile: tuple(known) for profile, *known in profiles},
            dict(customers),
            {(left, right): tuple(row) for left, right, *row in waiting},
        )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    home = tmp_path_factory.mktemp("keys")
    return Story(Dbt(home, home / "lake"), TinyLake(home / "lake"))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_key_that_comes_back_with_another_person_replaces_nobody_and_waits_for_a_steward(
    story: Story, channel: str
) -> None:
    assert story.profiles[f"{channel}:K"] == ("王伟", f"{channel}-21")
    assert story.profiles[f"{channel}:K#2"] == ("佐藤健", f"{channel}-22")
    assert story.customers[f"{channel}:K"] != story.customers[f"{channel}:K#2"]
    kind, reason, zh, en = story.waiting[f"{channel}:K", f"{channel}:K#2"]
    assert (kind, reason) == ("shared_key", "key_of_another_person")
    assert "同一编号" in zh
    assert "under the same key" in en


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("key", ONE_PERSON)
def test_a_correction_a_marriage_or_a_new_number_is_no_other_person(story: Story, channel: str, key: str) -> None:
    later = ONE_PERSON[key][1]
    if "phone" not in later and channel in NUMBERED_ONLY:
        assert f"{channel}:{key}" not in story.profiles
        return
    name, phone = story.profiles[f"{channel}:{key}"]
    assert name == later.get("name")
    assert phone == (f"{channel}-{later['phone']}" if "phone" in later else None)


def test_nothing_else_waits_and_no_other_profile_came_into_being(story: Story) -> None:
    assert {(left, right) for left, right in story.waiting} == {(f"{name}:K", f"{name}:K#2") for name in CHANNELS}
    assert len(story.profiles) == len(CHANNELS) * (len(ONE_PERSON) + 2) - len(NUMBERED_ONLY)


def test_a_steward_s_decision_settles_it_and_a_full_run_finds_the_same_people(story: Story) -> None:
    profiles, customers, waiting = story.later
    assert profiles == story.profiles
    assert customers["loyalty:K"] == customers["loyalty:K#2"]
    assert customers["shop:K"] != customers["shop:K#2"]
    assert waiting.keys() == story.waiting.keys() - {("loyalty:K", "loyalty:K#2"), ("shop:K", "shop:K#2")}


def test_the_key_itself_stays_the_first_person_s(story: Story) -> None:
    carried = story.dbt.query(
        "select source_profile_id, member_no, shop_account, app_user_id, wecom_external_userid "
        "from intermediate.int_profiles where native_id = 'K#2'"
    )
    assert len(carried) == len(CHANNELS)
    assert all(not any(known) for _, *known in carried)
