"""Small parts of the lake become large ones: the same rows, loads and sums, whoever dies or reads meanwhile."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ingestion.lake import compaction
from ingestion.lake.compaction import compact
from ingestion.pipeline import ingest
from stores import atomic_files
from stores.errors import UserError
from stores.lake import layout as lake
from stores.lake.checksums import check_parts, record_parts, set_aside
from stores.settings import PROJECT_ROOT, Settings, load_settings
from tests.testing.runs import killed_compaction
from tests.testing.shared_build import built_once

LOADS = 9


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose channel was loaded day after day, some rows of which went to quarantine."""

    def build(folder: Path) -> None:
        settings = load_settings(home=folder)
        for number in range(LOADS):
            drop(settings, number)
            ingest(settings, "activities")

    return built_once(tmp_path_factory, "many-loads", build)


@pytest.fixture
def settings(loaded: Path, tmp_path: Path) -> Settings:
    shutil.copytree(loaded, tmp_path / "home")
    return load_settings(home=tmp_path / "home")


def drop(settings: Settings, number: int) -> None:
    """A file of two rows and one that does not fit."""
    folder = settings.landing / "activities"
    folder.mkdir(parents=True, exist_ok=True)
    rows = f"R{number},A1,1381234567{number}\nS{number},A2,\n,,\n"
    (folder / f"registrations_{number}.csv").write_text(f"registration_id,activity_id,phone\n{rows}")


def rows(settings: Settings) -> dict[str, list[tuple]]:
    """Every row of every table, in order of its origin."""
    found = {}
    for table in ("registrations", "file_ledger", "quarantine", "quarantine_replays"):
        files = settings.lake / "raw_activities" / table / "*.parquet"
        found[table] = duckdb.sql(
            f"select * from read_parquet('{files}', union_by_name = true) order by all"
        ).fetchall()
    return found


def part_names(settings: Settings, table: str = "registrations") -> list[str]:
    folder = settings.lake / "raw_activities" / table
    return sorted(path.name for path in folder.glob("*.parquet") if not path.name.startswith(lake.CONTRACT))


def test_many_small_parts_become_one_with_the_same_rows_and_whole_sums(settings: Settings) -> None:
    before = rows(settings)
    assert len(before["registrations"]) == 2 * LOADS
    assert {one.table for one in compact(settings, is_trial=True)} == {"registrations", "file_ledger", "quarantine"}
    assert len(part_names(settings)) == LOADS, "a trial changes nothing"
    done = compact(settings)
    assert [(one.table, len(one.parts), len(one.loads)) for one in done] == [
        ("file_ledger", LOADS, LOADS), ("quarantine", LOADS, LOADS), ("registrations", LOADS, LOADS),
    ]  # fmt: skip
    assert rows(settings) == before
    assert [name.split(".")[0] for name in part_names(settings)] == ["compacted"]
    assert check_parts(settings, contents=True) == []
    assert not (settings.lake / compaction.FOLDER).exists()
    assert compact(settings) == [], "nothing is left to merge"


def test_what_was_loaded_is_known_and_later_loads_are_merged_with_what_is_merged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact(settings)
    again = ingest(settings, "activities")
    assert (again.files, again.skipped_files) == (0, LOADS)
    drop(settings, LOADS)
    assert ingest(settings, "activities").loaded == {"registrations": 2}
    before = rows(settings)
    monkeypatch.setattr(compaction, "_FEWEST_PARTS", 2)
    assert [(one.table, len(one.parts), len(one.loads)) for one in compact(settings)][-1] == (
        "registrations", 2, LOADS + 1,
    )  # fmt: skip
    assert rows(settings) == before
    assert check_parts(settings, contents=True) == []


def test_files_count_as_they_were_loaded_until_somebody_changes_a_merged_part(settings: Settings) -> None:
    dataset = settings.lake / "raw_activities"
    before = lake.stamps_as_loaded(dataset)
    compact(settings)
    assert lake.stamps_as_loaded(dataset) == before
    part = dataset / "registrations" / part_names(settings)[0]
    part.write_bytes(part.read_bytes() + b" ")
    assert len(lake.stamps_as_loaded(dataset)) == len(before) - LOADS + 1


@pytest.mark.parametrize("point", killed_compaction.POINTS)
def test_a_compaction_killed_anywhere_loses_and_doubles_no_row_and_the_next_one_ends_it(
    settings: Settings, point: str
) -> None:
    before = rows(settings)
    run = subprocess.run(
        [sys.executable, "-m", killed_compaction.__name__, str(settings.home), point],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert rows(settings) == before
    assert check_parts(settings, contents=True) == []
    assert ingest(settings, "activities").files == 0
    compact(settings)
    assert rows(settings) == before
    assert len(part_names(settings)) == 1
    assert check_parts(settings, contents=True) == []
    assert not (settings.lake / compaction.FOLDER).exists()


@pytest.mark.parametrize("damaged", [slice(4, 20), slice(-300, -8)], ids=["among the rows", "in the footer"])
def test_a_damaged_small_part_is_not_carried_on(settings: Settings, damaged: slice) -> None:
    part = settings.lake / "raw_activities" / "registrations" / part_names(settings)[3]
    content = bytearray(part.read_bytes())
    content[damaged] = bytes(len(content[damaged]))
    part.write_bytes(content)
    with pytest.raises(UserError, match=rf"raw_activities/registrations/{part.name} has other content"):
        compact(settings)
    assert len(part_names(settings)) == LOADS


def test_a_load_taken_out_while_parts_are_merged_stays_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lake.owner_of(part_names(settings)[0])
    kept = compaction._still_stand

    def meanwhile(*arguments: object) -> bool:
        set_aside(settings, "activities", first)
        return kept(*arguments)

    monkeypatch.setattr(compaction, "_still_stand", meanwhile)
    assert compact(settings) == []
    assert len(part_names(settings)) == LOADS - 1
    assert check_parts(settings, contents=True) == []


def test_a_merged_load_can_be_taken_out_and_a_damaged_merged_part_with_all_its_loads(settings: Settings) -> None:
    loads = [lake.owner_of(name) for name in part_names(settings)]
    compact(settings)
    set_aside(settings, "activities", loads[0])
    assert check_parts(settings, contents=True) == []
    report = ingest(settings, "activities")
    assert (report.files, report.loaded) == (1, {"registrations": 2})
    (merged,) = (name for name in part_names(settings) if name.startswith(lake.COMPACTED))
    (settings.lake / "raw_activities" / "registrations" / merged).write_bytes(b"PAR1")
    assert [one.file for one in check_parts(settings, contents=False)] == [f"raw_activities/registrations/{merged}"]
    set_aside(settings, "activities", lake.owner_of(merged))
    assert check_parts(settings, contents=True) == []
    report = ingest(settings, "activities")
    assert (report.files, report.loaded) == (LOADS - 1, {"registrations": 2 * (LOADS - 1)})


def test_a_merged_part_that_is_rewritten_in_place_keeps_its_loads_and_counts_as_changed(settings: Settings) -> None:
    dataset = settings.lake / "raw_activities"
    before = lake.stamps_as_loaded(dataset)
    compact(settings)
    (merged,) = part_names(settings)
    place = dataset / "registrations" / merged
    atomic_files.put_whole(pq_copy(place, settings.home / "rewritten.parquet"), place)
    record_parts(dataset, lake.owner_of(merged))
    assert check_parts(settings, contents=True) == []
    assert lake.stamps_as_loaded(dataset) != before
    set_aside(settings, "activities", lake.owner_of(merged))
    assert ingest(settings, "activities").loaded == {"registrations": 2 * LOADS}


def pq_copy(source: Path, target: Path) -> Path:
    pq.write_table(pq.read_table(source, partitioning=None), target)
    return target


def test_an_upgrade_that_was_broken_off_comes_first(settings: Settings) -> None:
    plan = settings.lake / ".renewal" / "plan.json"
    plan.parent.mkdir()
    plan.write_text("{}")
    with pytest.raises(UserError, match="guanxi upgrade"):
        compact(settings)


def test_a_disk_that_cannot_exchange_folders_is_left_as_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_files.sys, "platform", "plan9")
    with pytest.raises(UserError, match="cannot exchange two folders"):
        compact(settings)
    assert len(part_names(settings)) == LOADS
