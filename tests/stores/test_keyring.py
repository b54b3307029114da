"""Tokens are equal for equal values, ciphertexts open only with the right key and kind."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stores.errors import UserError
from stores.keyring import load_keyring, make_keyring

GOOD = base64.b64encode(bytes(range(32))).decode()


def document(**changed: object) -> bytes:
    """A key file with something changed."""
    return json.dumps({"token_key": GOOD, "cipher_keys": {"k1": GOOD}, "active": "k1"} | changed).encode()


def test_equal_values_give_equal_tokens_across_runs_and_kinds_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    first, again = make_keyring(path), load_keyring(path)
    token = first.token("phone", "+8613800001234")
    assert token == again.token("phone", "+8613800001234")
    assert len(token) == 32
    assert token != first.token("name", "+8613800001234")
    assert token != first.token("phone", "+8613800001235")
    assert token != make_keyring(tmp_path / "other.json").token("phone", "+8613800001234")


def test_a_sealed_value_opens_as_its_own_kind_only(tmp_path: Path) -> None:
    keyring = make_keyring(tmp_path / "keyring.json")
    sealed = keyring.seal("name", "王小明")
    assert "王" not in sealed
    assert sealed != keyring.seal("name", "王小明")
    assert keyring.unseal("name", sealed) == "王小明"
    with pytest.raises(UserError):
        keyring.unseal("phone", sealed)


@pytest.mark.parametrize("sealed", ["", "k1.", "k1.!!!", "k9.AAAA", "k1.QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"])
def test_an_altered_or_foreign_ciphertext_is_one_clear_error(tmp_path: Path, sealed: str) -> None:
    with pytest.raises(UserError, match="keyring"):
        make_keyring(tmp_path / "keyring.json").unseal("phone", sealed)


def test_every_changed_byte_of_a_ciphertext_is_noticed(tmp_path: Path) -> None:
    keyring = make_keyring(tmp_path / "keyring.json")
    key_id, body = keyring.seal("phone", "1").split(".")
    raw = base64.b64decode(body)
    for position in range(len(raw)):
        altered = bytearray(raw)
        altered[position] ^= 1
        with pytest.raises(UserError):
            keyring.unseal("phone", f"{key_id}.{base64.b64encode(altered).decode()}")


def test_the_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    keyring = make_keyring(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keyring.token_key.hex() not in repr(keyring)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"{}",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        document(token_key=GOOD)[:-20],
        document(token_key=GOOD[:-4]),
        document(token_key=GOOD + GOOD),
        document(token_key="not base64!"),
        document(token_key=17),
        document(token_key=None),
        document(cipher_keys={}),
        document(cipher_keys={"k1": "AAAA"}),
        document(cipher_keys=[GOOD]),
        document(active="k2"),
        document(active=["k1"]),
    ],
)
def test_a_damaged_key_file_is_one_clear_line_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(content)
    for opened in (load_keyring, make_keyring):
        with pytest.raises(UserError, match=r"^The keyring .* is damaged: .*backup") as refused:
            opened(path)
        assert "\n" not in str(refused.value)
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_key_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="damaged"):
        make_keyring(tmp_path)


def test_a_missing_key_file_is_not_made_by_reading_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        load_keyring(tmp_path / "keys" / "keyring.json")
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_cipher_key_is_random_so_another_keyring_is_told_by_it(tmp_path: Path) -> None:
    one, other = make_keyring(tmp_path / "one.json"), make_keyring(tmp_path / "other.json")
    assert one.active != other.active
    assert one.fingerprints().keys() == {"token", one.active}
    assert not set(one.fingerprints().values()) & set(other.fingerprints().values())
    assert one.token_key.hex() not in str(one.fingerprints())


def test_a_restored_key_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    make_keyring(path)
    path.chmod(0o644)
    load_keyring(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_end_with_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: make_keyring(path).token_key, range(16)))
    assert len(set(keys)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["keyring.json"]
