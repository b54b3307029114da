"""A lake written when a slash was always between two numbers: after the upgrade it reads as if it were new."""

from pathlib import Path

import pytest

from ingestion.pipeline import ingest
from orchestration.upgrading import upgrade as steps
from orchestration.upgrading.upgrade import upgrade
from stores import key_record, operations
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.normalisation import phone
from stores.operations.contact_permissions import Suppression, find_suppressions, suppress
from stores.settings import Settings
from tests.testing.lake_tokens import lake_tokens

WRITTEN = """registration_id,activity_id,phone
R1,A1,0170/1234567
R2,A1,0221/4455667
R3,A1,0172-5556667 oder 0221/445566
R4,A1,0221 445566/0172 5556667
R5,A1
"""


def filled(folder: Path) -> Settings:
    """A home in Germany with one file of registrations."""
    settings = Settings(home=folder, country="DE")
    landing = settings.landing / "activities"
    landing.mkdir(parents=True)
    (landing / "registrations.csv").write_text(WRITTEN, encoding="utf-8")
    ingest(settings, "activities")
    return settings


def phone_columns(settings: Settings) -> list[dict[str, list[str]]]:
    """What the lake knows of the phones, part by part, but their references."""
    return [
        {name: columns[name] for name in ("phone_token", "phone_mask", "phone_line_type", "phone_further")}
        for part, columns in lake_tokens(settings).items()
        if "raw_activities/registrations/" in part and columns.get("phone_token")
    ]


def test_numbers_with_a_slash_get_their_tokens_and_an_opt_out_of_a_misread_one_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(phone, "_without_slashes", lambda run, _: run)
        for module in (key_record, steps):
            before.setattr(module, "NORMALISATION_VERSION", 3)
        settings = filled(tmp_path / "home")
        store = operations.engine(settings)
        keyring = open_keyring(settings)  # from here on the store, too, has a record of its normal forms
        misread = keyring.token("phone", "+494455667")
        with operations.writing(store) as connection:
            suppress(connection, [Suppression("phone", misread, "sms", "unsubscribed")], settings.now())
        assert [columns["phone_token"][:2] for columns in phone_columns(settings)] == [[None, misread]]
    with pytest.raises(UserError, match="guanxi upgrade"):
        open_keyring(settings)
    done = upgrade(settings)
    assert (done.before, done.readable, done.unreadable) == (3, 1, 0)
    keyring = open_keyring(settings)
    (columns,) = phone_columns(settings)
    numbers = ["+491701234567", "+492214455667", "+491725556667", "+49221445566"]
    assert columns["phone_token"] == [keyring.token("phone", number) for number in numbers]
    assert keyring.token("phone", "+49221445566") in columns["phone_further"][2]
    assert keyring.token("phone", "+491725556667") in columns["phone_further"][3]
    with operations.reading(operations.engine(settings)) as connection:
        key = ("phone", keyring.token("phone", "+492214455667"), "sms")
        assert find_suppressions(connection, {key}) == {key: True}
