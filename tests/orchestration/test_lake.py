"""A damaged lake stops runs and the weekly check, and there is a way out without a backup."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ingestion.lake import compaction
from ingestion.pipeline import ingest
from orchestration.cli import lake as commands
from orchestration.cli.main import app
from orchestration.dbt import build_fingerprint, build_record
from orchestration.defs import resources
from orchestration.defs.lake_ready import lake
from orchestration.defs.resources import RunScope
from stores.errors import UserError
from stores.lake.checksums import require_whole
from stores.settings import Settings


@pytest.fixture
def loaded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two loads of a channel; the folder of its table in the lake."""
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    monkeypatch.setattr(commands, "console", Console(width=250, highlight=False))
    folder = settings.landing / "activities"
    folder.mkdir(parents=True)
    for number in (1, 2):
        (folder / f"registrations_{number}.csv").write_text(f"registration_id,activity_id\nR{number},A1\n")
        ingest(settings, "activities")
    return settings.lake / "raw_activities" / "registrations"


@pytest.fixture
def damaged(loaded: Path) -> tuple[str, str]:
    """One bit of the first load flipped: its file and its load id."""
    place = min(loaded.glob("1[0-9]*.parquet"))
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 4
    place.write_bytes(content)
    return f"raw_activities/registrations/{place.name}", ".".join(place.name.split(".")[:2])


def test_a_full_run_reads_no_further_than_a_damaged_file(settings: Settings, damaged: tuple[str, str]) -> None:
    with pytest.raises(UserError, match=damaged[0]):
        list(lake(run=RunScope(full=True)))


def test_the_check_names_the_damaged_file_and_the_load_can_be_taken_out_and_read_again(
    settings: Settings, damaged: tuple[str, str]
) -> None:
    file, load_id = damaged
    home = ["--home", str(settings.home)]
    failed = CliRunner().invoke(app, ["lake", "verify", *home])
    assert isinstance(failed.exception, UserError)
    assert file in str(failed.exception)
    assert "backup" in str(failed.exception)
    build_record.note_loads(settings)
    assert not RunScope().is_full
    assert CliRunner().invoke(app, ["lake", "set-aside", "activities", load_id, *home]).exit_code == 0
    assert RunScope().is_full, "tables that are kept from run to run may hold its rows"
    build_record.note_loads(settings)
    assert RunScope().is_full, "until everything has been rebuilt"
    build_record.note_loads(settings, rebuilt=True)
    assert not RunScope().is_full
    assert ingest(settings, "activities").loaded == {"registrations": 1}
    require_whole(settings, contents=True)
    passed = CliRunner().invoke(app, ["lake", "verify", *home])
    assert (passed.exit_code, passed.output) == (0, "Every file of the lake is what its load wrote.\n")


def test_a_channel_of_files_is_read_again_and_a_file_is_taken_out(settings: Settings, loaded: Path) -> None:
    home = ["--home", str(settings.home)]
    build_record.note_loads(settings)
    done = CliRunner().invoke(app, ["lake", "read-again", "activities", "--without", "registrations_1.csv", *home])
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "registrations_1.csv counts no more and is out of the landing folder.",
        f"What was taken out is in {settings.state / 'set_aside' / 'raw_activities'}.",
        "1 file will be read again; the next `guanxi run` rebuilds everything.",
    ]
    assert RunScope().is_full
    assert ingest(settings, "activities").loaded == {"registrations": 1}
    again = CliRunner().invoke(app, ["lake", "read-again", "activities", "--without", "registrations_1.csv", *home])
    assert "activities has read no file registrations_1.csv" in str(again.exception)


def test_a_run_with_nothing_new_stops_at_a_shortened_file_and_releases_no_plan(
    settings: Settings, loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[Settings] = []
    monkeypatch.setattr(resources, "release_publication", released.append)
    monkeypatch.setattr(RunScope, "_is_published", lambda *_: True)
    assert list(_lake_of_a_run(may_deliver=True)) == []
    assert len(released) == 1
    place = min(loaded.glob("1[0-9]*.parquet"))
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(UserError, match=f"raw_activities/registrations/{place.name} has .* bytes instead of"):
        _lake_of_a_run(may_deliver=True)
    assert len(released) == 1


def test_only_a_run_of_made_up_data_leaves_the_models_tests_to_a_later_one(settings: Settings) -> None:
    with pytest.raises(UserError, match="tests_later is for made-up data"):
        _lake_of_a_run(tests_later=True)


def _lake_of_a_run(**choices: bool) -> list[object]:
    """What the lake says at the start of a run."""
    scope = RunScope(**choices)
    with scope.yield_for_execution(dg.build_init_resource_context()):
        return list(lake(run=scope))


def test_merged_files_are_nothing_new_and_no_lost_loads(
    settings: Settings, loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "_FEWEST_PARTS", 2)
    build_record.note_loads(settings)
    before = build_fingerprint.work_fingerprint(settings, date(2026, 6, 30))
    home = ["--home", str(settings.home)]
    trial = CliRunner().invoke(app, ["lake", "compact", "--dry-run", *home])
    assert (trial.exit_code, trial.output) == (0, "4 small files would become 2. Nothing was changed.\n")
    merged = CliRunner().invoke(app, ["lake", "compact", *home])
    assert (merged.exit_code, merged.output) == (0, "4 small files are 2 now. No row changed.\n")
    assert [path.name.split(".")[0] for path in sorted(loaded.iterdir())] == ["00000000000", "compacted"]
    assert build_record.lost_loads(settings) == []
    assert build_fingerprint.work_fingerprint(settings, date(2026, 6, 30)) == before
    require_whole(settings, contents=True)
