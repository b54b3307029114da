"""The vault: sealed values by their references, added whole or not at all."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stores.errors import UserError
from stores.lake.checksums import check_parts, record_parts, set_aside
from stores.lake.vault import (
    SCHEMA,
    LoadedVault,
    add_sealed,
    compact_vault,
    find_sealed,
    lookup,
    new_reference,
    vault_files,
    vault_folder,
    vault_relation,
)
from stores.lake.vault.files import stored_rows
from stores.settings import Settings


def sealed_file(settings: Settings, **values: str) -> Path:
    """A file of reference to ciphertext, as a run gathers it."""
    place = settings.state / f"{'_'.join(values)}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"ref": ref, "kind": "phone", "sealed": sealed} for ref, sealed in values.items()]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), place)
    return place


def test_values_are_found_by_their_references_and_what_is_missing_is_not_made_up(settings: Settings) -> None:
    assert add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1", b="k.AAA2")]) == 2
    assert find_sealed(settings, ["b", "c", "b"]) == {"b": ("phone", "k.AAA2")}


def test_a_value_that_is_met_again_is_not_written_again(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1", b="k.AAA2")])
    assert add_sealed(settings, "shop.2", [sealed_file(settings, a="k.AAA3")]) == 0
    assert add_sealed(settings, "pos.3", [sealed_file(settings, a="k.AAA4", c="k.AAA5")]) == 1
    assert find_sealed(settings, "abc") == {
        "a": ("phone", "k.AAA1"),
        "b": ("phone", "k.AAA2"),
        "c": ("phone", "k.AAA5"),
    }
    names = [path.name for path in vault_files(settings)]
    assert names == ["00000000000.contract.parquet", "pos.3.parquet", "shop.1.parquet"]


def test_a_missing_vault_is_an_error_and_never_an_empty_one(settings: Settings) -> None:
    assert find_sealed(settings, []) == {}
    with pytest.raises(UserError, match=r"vault .* is missing"):
        find_sealed(settings, ["a"])


def test_a_damaged_vault_is_named(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1")])
    (vault_folder(settings) / "shop.1.parquet").write_bytes(b"PAR1 no more")
    for attempt in (
        lambda: find_sealed(settings, ["a"]),
        lambda: LoadedVault(settings),
        lambda: add_sealed(settings, "shop.2", [sealed_file(settings, b="k.AAA1")]),
    ):
        with pytest.raises(UserError, match=r"vault .* cannot be read"):
            attempt()


def test_a_lookup_of_many_keeps_their_order_and_stops_at_what_is_missing(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1", b="k.AAA2")])
    with LoadedVault(settings) as vault:
        assert vault.find(pa.array(["b", None, "a", "b"])).to_pylist() == ["k.AAA2", None, "k.AAA1", "k.AAA2"]
        with pytest.raises(UserError, match="lacks 1 value"):
            vault.find(pa.array(["a", "z"]))


def test_the_check_of_the_lake_looks_at_the_vault_too(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1")])
    add_sealed(settings, "shop.2", [sealed_file(settings, b="k.AAA2")])
    assert check_parts(settings, contents=True) == []
    one, other = (vault_folder(settings) / f"shop.{number}.parquet" for number in (1, 2))
    one.unlink()
    damaged = bytearray(other.read_bytes())
    damaged[20] ^= 1
    other.write_bytes(damaged)
    found = {damage.file: damage.what for damage in check_parts(settings, contents=True)}
    assert found == {
        "raw_vault/sealed_values/shop.1.parquet": "is missing",
        "raw_vault/sealed_values/shop.2.parquet": "has other content than what was written (sha256)",
    }


def test_what_a_dead_run_left_half_written_is_not_read(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1")])
    (vault_folder(settings) / ".shop.2.parquet.17.part").write_bytes(b"half")
    assert find_sealed(settings, ["a"]) == {"a": ("phone", "k.AAA1")}
    assert check_parts(settings, contents=True) == []


@pytest.mark.parametrize("contents", [True, False])
@pytest.mark.parametrize(
    ("gone", "named"),
    [
        ("", "raw_vault/sealed_values"),
        ("sealed_values", "raw_vault/sealed_values"),
        ("_parts", "raw_vault/_parts/shop.1.json"),
    ],
)
def test_a_vault_that_is_gone_is_missed_until_it_is_put_back(
    settings: Settings, gone: str, named: str, contents: bool
) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1")])
    folder, elsewhere = settings.lake / "raw_vault" / gone, settings.home / "elsewhere"
    folder.rename(elsewhere)
    assert [(found.file, "is missing" in found.what) for found in check_parts(settings, contents)] == [(named, True)]
    elsewhere.rename(folder)
    assert check_parts(settings, contents=True) == []


def test_no_new_vault_is_made_in_the_place_of_one_that_is_gone(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1")])
    shutil.rmtree(settings.lake / "raw_vault")
    with pytest.raises(UserError, match=r"vault .* is missing"):
        add_sealed(settings, "shop.2", [sealed_file(settings, b="k.AAA2")])
    assert not (settings.lake / "raw_vault").exists()


def test_a_file_of_the_vault_that_is_gone_with_its_sum_is_missed(settings: Settings) -> None:
    for number in (1, 2):
        add_sealed(settings, f"shop.{number}", [sealed_file(settings, **{f"r{number}": "k.AAA1"})])
    for path in settings.lake.glob("raw_vault/*/shop.1.*"):
        path.unlink()
    assert [found.file for found in check_parts(settings, contents=False)] == ["raw_vault/sealed_values/shop.1.parquet"]


def test_a_vault_of_a_release_that_kept_no_list_is_missed_from_the_first_check_on(settings: Settings) -> None:
    add_sealed(settings, "shop.1", [sealed_file(settings, a="k.AAA1")])
    (settings.lake / "vault_files.json").unlink()
    assert check_parts(settings, contents=False) == []
    shutil.rmtree(settings.lake / "raw_vault")
    assert [found.file for found in check_parts(settings, contents=False)] == ["raw_vault/sealed_values"]


def test_without_a_backup_of_the_vault_its_loads_can_be_taken_out(settings: Settings) -> None:
    add_sealed(settings, "shop.1700000000.25", [sealed_file(settings, a="k.AAA1")])
    record_parts(settings.lake / "raw_shop", "1700000000.25")
    shutil.rmtree(settings.lake / "raw_vault")
    set_aside(settings, "shop", "1700000000.25")
    assert check_parts(settings, contents=True) == []
    assert add_sealed(settings, "shop.1700000100.5", [sealed_file(settings, a="k.AAA2")]) == 1


def test_references_of_values_without_a_token_are_all_different() -> None:
    assert len({new_reference() for _ in range(1_000)}) == 1_000


def test_a_damaged_file_of_the_vault_goes_with_its_load_and_a_whole_one_stays(settings: Settings) -> None:
    add_sealed(settings, "shop.1700000000.25", [sealed_file(settings, a="k.AAA1")])
    add_sealed(settings, "shop.1700000100.5", [sealed_file(settings, b="k.AAA2")])
    for load_id in ("1700000000.25", "1700000100.5"):
        record_parts(settings.lake / "raw_shop", load_id)
    damaged = vault_folder(settings) / "shop.1700000100.5.parquet"
    damaged.write_bytes(b"PAR1 no more")
    for load_id in ("1700000000.25", "1700000100.5"):
        set_aside(settings, "shop", load_id)
    assert find_sealed(settings, "ab") == {"a": ("phone", "k.AAA1")}
    assert check_parts(settings, contents=True) == []
    assert add_sealed(settings, "shop.1700000200.5", [sealed_file(settings, a="k.AAA3", b="k.AAA4")]) == 1


def test_small_files_become_one_and_every_value_stays(settings: Settings) -> None:
    for number in range(9):
        add_sealed(settings, f"shop.{number}.5", [sealed_file(settings, **{f"r{number}": f"k.AAA{number}"})])
    before = find_sealed(settings, [f"r{number}" for number in range(9)])
    assert compact_vault(settings, is_trial=True) == 9
    assert compact_vault(settings) == 9
    assert [path.name.partition(".")[0] for path in vault_files(settings)] == ["00000000000", "compacted"]
    assert find_sealed(settings, before) == before
    assert check_parts(settings, contents=True) == []
    assert compact_vault(settings) == 0


def test_a_compaction_that_died_before_the_small_files_went_leaves_nothing_wrong(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        add_sealed(settings, f"shop.{number}.5", [sealed_file(settings, **{f"r{number}": f"k.AAA{number}"})])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compact_vault(settings)
    assert find_sealed(settings, ["r3"]) == {"r3": ("phone", "k.AAA3")}
    assert check_parts(settings, contents=True) == []
    compact_vault(settings)
    assert find_sealed(settings, ["r3"]) == {"r3": ("phone", "k.AAA3")}


def test_a_file_that_was_merged_while_it_was_listed_is_found_in_the_merged_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        add_sealed(settings, f"shop.{number}.5", [sealed_file(settings, **{f"r{number}": f"k.AAA{number}"})])
    lists = iter([stored_rows(vault_files(settings))])
    compact_vault(settings)
    monkeypatch.setattr(lookup, "vault_relation", lambda found: next(lists, None) or vault_relation(found))
    assert find_sealed(settings, ["r3"]) == {"r3": ("phone", "k.AAA3")}
