"""A data folder of an older release: refused, then upgraded in one command with the same ids, consents, deliveries."""

import json
import os
import shutil
import signal
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from exports.delivery.deliver import deliver
from exports.policy.plan_obstacles import obstacle
from ingestion.personal_data import protection
from ingestion.personal_data.retokenisation import every_part
from orchestration.runs.preflight import check_configuration
from orchestration.sending.store_recovery import recover
from orchestration.upgrading import upgrade as steps
from orchestration.upgrading.upgrade import Upgraded, upgrade
from stores import key_record
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.lake.checksums import check_parts
from stores.lake.vault import find_sealed
from stores.normalisation import NORMALISATION_VERSION, normalise
from stores.operations.operations_engine import _open as opened
from stores.settings import Settings, load_settings
from stores.warehouse import current_publication
from tests.testing.command_line import run_guanxi
from tests.testing.lake_tokens import lake_tokens
from tests.testing.published_rows import open_rows

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = json.loads((FIXTURES / "home_of_release_1.json").read_text(encoding="utf-8"))
ROOT = Path(__file__).resolve().parents[2]
NOON = f"{EXPECTED['as_of']}T12:00:00"
# Whom this release can tell apart, or join, where the first one could not.
READ_BETTER = ("activities:G9000", "loyalty:M9000")


def unpack(folder: Path) -> Settings:
    """A fresh copy of the home of the first release."""
    with tarfile.open(FIXTURES / "home_of_release_1.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return load_settings(home=folder)


@pytest.fixture
def old_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GUANXI_NOW", NOON)
    return unpack(tmp_path / "home")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The home of the first release after the upgrade of its tokens, nothing rebuilt."""
    settings = unpack(tmp_path_factory.mktemp("upgraded"))
    before = os.umask(0o077)  # as the command does
    upgrade(settings)
    yield settings
    os.umask(before)


COLUMNS = {
    "deliveries": "delivery_id, customer_id, identifier_token, state, reason",
    "consents": "identifier_type, identifier_token, channel, purpose, granted",
    "suppressions": "identifier_type, identifier_token, channel, reason, is_active",
}


def stored(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """What the operations store holds, but times of change and ciphertexts."""
    with sqlite3.connect(settings.home / "operations" / "operations.db") as database:
        return {
            name: database.execute(f"select {columns} from {name} order by 1, 2, 3, 4").fetchall()
            for name, columns in COLUMNS.items()
        }


POINTS = (
    "while the lake is written beside",
    "before the plan is whole",
    "before the operations store",
    "within the transaction of the operations store",
    "before the parts take their places",
    "between two parts",
    "when the parts are in place",
    "before the plan is forgotten",
)


def test_a_home_of_an_older_release_is_neither_read_nor_built_nor_sent_before_the_upgrade(old_home: Settings) -> None:
    for refused in (lambda: check_configuration(old_home), lambda: open_keyring(old_home)):
        with pytest.raises(UserError, match="guanxi upgrade"):
            refused()
    pointer = old_home.published / "current.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "may_deliver": True}), encoding="utf-8")
    with pytest.raises(UserError, match="guanxi upgrade"):
        deliver(old_home)


def test_old_opt_outs_match_their_owners_under_the_normal_forms_of_today(upgraded: Settings) -> None:
    keyring = open_keyring(upgraded)
    suppressed = {(kind, token, channel) for kind, token, channel, *_ in stored(upgraded)["suppressions"]}
    for kind, clear, channel in EXPECTED["opted_out"]:
        assert (kind, keyring.token(kind, normalise(kind, clear) or ""), channel) in suppressed


def test_consents_suppressions_and_deliveries_are_as_many_and_say_the_same(upgraded: Settings) -> None:
    found = stored(upgraded)
    consents = sorted((kind, channel, purpose, granted) for kind, _, channel, purpose, granted in found["consents"])
    assert consents == sorted(tuple(row[:4]) for row in EXPECTED["consents"])
    suppressions = sorted((kind, channel, reason, active) for kind, _, channel, reason, active in found["suppressions"])
    assert suppressions == sorted(map(tuple, EXPECTED["suppressions"]))
    deliveries = [(row[0], row[1], row[3], row[4]) for row in found["deliveries"]]
    assert deliveries == [(row[0], row[1], row[4], row[5]) for row in EXPECTED["deliveries"]]


def test_values_that_could_not_be_read_before_have_a_token_now(upgraded: Settings) -> None:
    keyring = open_keyring(upgraded)
    lake = upgraded.lake / "raw_activities" / "registrations" / "*.parquet"
    with duckdb.connect() as connection:
        query = f"select registration_id, phone_token from read_parquet('{lake}', union_by_name = true)"
        tokens = dict(connection.execute(f"{query} where registration_id like 'G9000%'").fetchall())
    assert tokens["G9000000001"] == keyring.token("phone", "+8613711313001")
    assert tokens["G9000000002"] == keyring.token("phone", "+8613711313002")
    assert tokens["G9000000003"] == keyring.token("phone", "+8613711313003")


def test_every_token_and_reference_of_the_lake_is_found_in_the_vault_and_opens(upgraded: Settings) -> None:
    keyring = open_keyring(upgraded)
    refs: dict[str, set[str]] = {}
    for part in every_part(upgraded):
        table = pq.read_table(part, partitioning=None)
        for column in table.column_names:
            kind = next((kind for kind in ("phone", "email", "name") if column.startswith(kind)), "")
            if kind and column.endswith(("_ref", "_token")) and (kind != "name" or column.endswith("_ref")):
                refs.setdefault(kind, set()).update(ref for ref in table[column].to_pylist() if ref and " " not in ref)
    for kind, wanted in refs.items():
        sealed = find_sealed(upgraded, wanted)
        assert sealed.keys() == wanted
        own = [ref for ref, (_, cipher) in sealed.items() if keyring.token(kind, keyring.unseal(kind, cipher)) == ref]
        assert len(own) > 0.9 * len(wanted)  # the others have no token
    assert len(refs["phone"]) > 50


def test_ciphertexts_of_tables_and_messages_are_in_the_vault_and_nowhere_else(upgraded: Settings) -> None:
    names = {name for part in every_part(upgraded) for name in pq.read_schema(part).names}
    assert {name for name in names if "cipher" in name} == {"row_cipher"}
    with sqlite3.connect(upgraded.home / "operations" / "operations.db") as database:
        query = "select identifier_token, identifier_cipher from deliveries where identifier_type = 'phone'"
        messages = dict(database.execute(query).fetchall())
    assert set(messages.values()) == {None}
    assert find_sealed(upgraded, messages).keys() == messages.keys()


def test_nothing_of_the_publication_before_the_upgrade_is_sent(upgraded: Settings) -> None:
    publication = current_publication(upgraded)
    assert publication is not None
    released = publication.__class__(**{**vars(publication), "may_deliver": True})
    now = upgraded.now().replace(year=2026, month=11, day=26)
    found = obstacle(upgraded, released, now)
    assert found is not None
    assert found.reason == "tokens_made_again_since"


def test_after_the_upgrade_no_file_can_be_read_by_others(upgraded: Settings) -> None:
    open_to_others = [path for path in upgraded.home.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_the_sums_of_the_lakes_parts_are_those_of_the_parts_of_today(upgraded: Settings) -> None:
    assert check_parts(upgraded, contents=True) == []


def test_what_an_interrupted_load_left_is_dropped_and_not_loaded_with_old_tokens(old_home: Settings) -> None:
    left = old_home.lake / "raw_activities" / "registrations" / ".1795700000.5.1a2b3c.parquet.part"
    left.write_bytes(b"half a part")
    (old_home.state / "dlt" / "activities" / "load" / "normalized").mkdir(parents=True)
    upgrade(old_home)
    assert not left.exists()
    assert not (old_home.state / "dlt" / "activities").exists()
    assert check_parts(old_home, contents=True) == []


def test_a_damaged_lake_is_not_taken_for_right_by_the_upgrade(old_home: Settings) -> None:
    check_parts(old_home, contents=True)
    part = next(path for path in every_part(old_home) if "members/17" in str(path))
    damaged = bytearray(part.read_bytes())
    damaged[40] ^= 1
    part.write_bytes(damaged)
    with pytest.raises(UserError, match="damaged"):
        upgrade(old_home)


def test_a_second_upgrade_has_nothing_to_do(upgraded: Settings) -> None:
    before = lake_tokens(upgraded), stored(upgraded)
    assert upgrade(upgraded) == Upgraded()
    assert (lake_tokens(upgraded), stored(upgraded)) == before


@pytest.mark.parametrize("point", POINTS)
def test_an_upgrade_killed_at_any_point_is_finished_by_the_next_with_equal_tables(
    old_home: Settings, upgraded: Settings, point: str
) -> None:
    arranged = f"from tests.testing.runs.killed_upgrade import arrange; arrange({point!r})"
    killed = run_guanxi(["upgrade", "--home", str(old_home.home)], os.environ, arranged)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    if point != "before the plan is forgotten":
        with pytest.raises(UserError, match="guanxi upgrade"):
            open_keyring(old_home)
    upgrade(old_home)
    open_keyring(old_home)
    assert lake_tokens(old_home) == lake_tokens(upgraded)
    assert stored(old_home) == stored(upgraded)
    assert not (old_home.lake / ".renewal").exists()


def test_an_operations_store_restored_from_before_the_upgrade_finds_its_opt_outs_again(
    old_home: Settings, tmp_path: Path
) -> None:
    backup = tmp_path / "operations.db"
    shutil.copyfile(old_home.home / "operations" / "operations.db", backup)
    upgrade(old_home)
    once = stored(old_home)
    opened.cache_clear()
    for path in (old_home.home / "operations").iterdir():
        path.unlink()
    shutil.copyfile(backup, old_home.home / "operations" / "operations.db")
    with pytest.raises(UserError, match="guanxi upgrade"):
        recover(old_home, "Lin Yue", "restored")  # refuses: its tokens are made again first
    upgrade(old_home)
    assert stored(old_home) == once
    recover(old_home, "Lin Yue", "restored")
    assert stored(old_home)["suppressions"] == once["suppressions"]


@pytest.fixture
def toy_forms(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Other normal forms: every e-mail without dots before the @, in a release of that version."""

    def switch(version: int) -> None:
        kept = protection.normalise_all

        def without_dots(kind: str, value: str, country: str = "CN") -> list[str]:
            found = kept(kind, value, country)
            if kind != "email":
                return found
            return [f"{local.replace('.', '')}@{domain}" for local, _, domain in (one.partition("@") for one in found)]

        monkeypatch.setattr(protection, "normalise_all", without_dots)
        for module in (key_record, steps):
            monkeypatch.setattr(module, "NORMALISATION_VERSION", version)

    return switch


def test_the_next_change_of_normal_forms_moves_the_tokens_once_more(
    old_home: Settings, toy_forms: Callable[[int], None]
) -> None:
    upgrade(old_home)
    first = stored(old_home)
    toy_forms(99)
    with pytest.raises(UserError, match="guanxi upgrade"):
        open_keyring(old_home)
    done = upgrade(old_home)
    keyring = open_keyring(old_home)
    assert done.before == NORMALISATION_VERSION
    assert done.changed >= 4
    assert done.unreadable == 0
    tokens = {token for kind, token, *_ in stored(old_home)["suppressions"] if kind == "email"}
    assert keyring.token("email", "xuanran@example.com") in tokens
    assert keyring.token("email", "dongqingyue@example.com") in tokens
    assert {name: len(rows) for name, rows in stored(old_home).items()} == {n: len(rows) for n, rows in first.items()}


def test_a_home_of_the_first_release_upgrades_in_one_command_with_equal_ids(tmp_path: Path) -> None:
    settings = unpack(tmp_path / "home")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DAGSTER_"))}
    env |= {"GUANXI_NOW": NOON, "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test test"}
    done = run_guanxi(["upgrade", "--home", str(settings.home)], env)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    publication = current_publication(settings)
    assert publication is not None
    with open_rows(publication.path) as connection:
        ids = dict(connection.execute("select source_profile_id, customer_id from marts.customer_profiles").fetchall())
        living = {row[0] for row in connection.execute("select customer_id from marts.customers").fetchall()}
        redirects = dict(
            connection.execute("select retired_customer_id, customer_id from marts.customer_id_redirects").fetchall()
        )
    before = {profile: id_ for profile, id_ in EXPECTED["customers"].items() if not profile.startswith(READ_BETTER)}
    assert {profile: ids.get(profile) for profile in before} == before
    assert [id_ for id_ in set(EXPECTED["customers"].values()) if redirects.get(id_, id_) not in living] == []
    deliveries = [(row[0], row[1], row[3], row[4]) for row in stored(settings)["deliveries"]]
    assert deliveries == [(row[0], row[1], row[4], row[5]) for row in EXPECTED["deliveries"]]
