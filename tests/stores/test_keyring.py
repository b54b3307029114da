"""Tokens are equal for equal values, ciphertexts open only with the right key and kind."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stores.errors import UserError
from stores.keyring import load_keyring


def test_equal_values_give_equal_tokens_across_runs_and_kinds_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    first, again = load_keyring(path), load_keyring(path)
    token = first.token("phone", "+8613800001234")
    assert token == again.token("phone", "+8613800001234")
    assert len(token) == 32
    assert token != first.token("name", "+8613800001234")
    assert token != first.token("phone", "+8613800001235")
    assert token != load_keyring(tmp_path / "other.json").token("phone", "+8613800001234")


def test_a_sealed_value_opens_as_its_own_kind_only(tmp_path: Path) -> None:
    keyring = load_keyring(tmp_path / "keyring.json")
    sealed = keyring.seal("name", "王小明")
    assert "王" not in sealed
    assert sealed != keyring.seal("name", "王小明")
    assert keyring.unseal("name", sealed) == "王小明"
    with pytest.raises(UserError):
        keyring.unseal("phone", sealed)


@pytest.mark.parametrize("sealed", ["", "k1.", "k1.!!!", "k9.AAAA", "k1.QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"])
def test_an_altered_or_foreign_ciphertext_is_one_clear_error(tmp_path: Path, sealed: str) -> None:
    with pytest.raises(UserError, match="keyring"):
        load_keyring(tmp_path / "keyring.json").unseal("phone", sealed)


def test_every_changed_byte_of_a_ciphertext_is_noticed(tmp_path: Path) -> None:
    keyring = load_keyring(tmp_path / "keyring.json")
    key_id, body = keyring.seal("phone", "1").split(".")
    raw = base64.b64decode(body)
    for position in range(len(raw)):
        altered = bytearray(raw)
        altered[position] ^= 1
        with pytest.raises(UserError):
            keyring.unseal("phone", f"{key_id}.{base64.b64encode(altered).decode()}")


def test_the_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    keyring = load_keyring(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keyring.token_key.hex() not in repr(keyring)


def test_a_damaged_key_file_is_refused_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="backup"):
        load_keyring(path)
    assert path.read_text(encoding="utf-8") == "{}"


def test_processes_that_start_together_end_with_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_keyring(path).token_key, range(16)))
    assert len(set(keys)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["keyring.json"]
