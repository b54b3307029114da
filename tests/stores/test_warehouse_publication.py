"""Publishing is all or nothing, for readers in full flight and for a publisher that dies."""

import errno
import json
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from serving.published_copy import PublishedCopy
from stores.errors import UserError
from stores.publication_files.tables import tables_of
from stores.settings import Settings
from stores.warehouse import Publication, connect, current_publication, publish

READ_AT_FULL_SPEED = """
import json
from pathlib import Path
from serving.published_copy import current_copy
from stores.settings import load_settings
settings = load_settings(home=Path(home))
reads, errors, mixed, seen = 0, [], 0, []
def read():
    with current_copy(settings) as copy:
        return copy.values(
            "select min(c.marker), max(c.marker), min(r.marker), max(r.marker), count(*)"
            " from marts.customers as c join marts.customer_rfm as r using (customer_id)"
        )[0]
print("reading", flush=True)
while True:
    last_round = (Path(home) / "stop").exists()
    try:
        *markers, rows = read()
        reads += 1
        mixed += len(set(markers)) != 1 or rows != 2000
        if markers[0] not in seen:
            seen.append(markers[0])
    except Exception as error:
        errors.append(repr(error))
    if last_round:
        break
print(json.dumps({"reads": reads, "errors": errors, "mixed": mixed, "seen": seen}))
"""

PUBLISH_AND_DIE = """
import os, signal
from datetime import date
from pathlib import Path
import stores.atomic_files, stores.publication
from stores.settings import load_settings
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
MOMENT
stores.publication.publish(load_settings(home=Path(home)), "killed", date(2026, 7, 1), None)
"""

MOMENTS = {
    "with a table half copied": "stores.publication_files.tables.sync = die",
    "with all tables copied": "stores.publication_files.version._describe = die",
    "before the file is on the disk": "stores.publication.sync = die",
    "before the file has its name": "stores.publication.Path.rename = die",
    "before the pointer moves": "stores.publication.point_to = die",
    "with the new pointer written but not in place": "stores.atomic_files.Path.replace = die",
}


def table_files(settings: Settings) -> set[str]:
    return {path.relative_to(settings.published).as_posix() for path in settings.published.glob("tables/*")}


def read_marker(publication: Publication) -> int:
    with PublishedCopy(publication.path) as copy:
        row = copy.values("select distinct marker from marts.customers")
    assert len(row) == 1
    return row[0][0]


def test_readers_at_full_speed_over_ten_publications_see_no_error_and_no_mixed_state(
    settings: Settings, build: Callable[[int], None], python: Callable, as_of: date
) -> None:
    build(0)
    publish(settings, "run-0", as_of, None)
    readers = [python(READ_AT_FULL_SPEED) for _ in range(2)]
    for reader in readers:
        assert reader.stdout.readline() == "reading\n"
    for marker in range(1, 11):
        build(marker)
        publish(settings, f"run-{marker}", as_of, None)
    (settings.home / "stop").touch()
    for reader in readers:
        out, err = reader.communicate(timeout=60)
        told = json.loads(out.splitlines()[-1])
        assert (told["errors"], told["mixed"], err) == ([], 0, "")
        assert told["seen"][-1] == 10
        assert told["seen"] == sorted(told["seen"])
        assert told["reads"] > 10


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda name: name.replace(" ", "_"))
def test_a_publisher_killed(
    moment: str, settings: Settings, build: Callable[[int], None], python: Callable, as_of: date
) -> None:
    build(1)
    before = publish(settings, "run-1", as_of, None)
    build(2)
    publisher = python(PUBLISH_AND_DIE.replace("MOMENT", MOMENTS[moment]))
    publisher.communicate(timeout=60)
    assert publisher.returncode == -signal.SIGKILL

    assert current_publication(settings) == before
    assert read_marker(before) == 1

    after = publish(settings, "run-2", as_of, None)
    assert current_publication(settings) == after
    assert read_marker(after) == 2
    names = sorted(path.name for path in settings.published.iterdir())
    assert names == sorted([before.path.name, after.path.name, "current.json", "tables"])
    assert table_files(settings) == {table.file for one in (before, after) for table in tables_of(settings, one.path)}


def test_a_publication_holds_the_published_schemas_and_what_dbt_says_of_them(
    settings: Settings, build: Callable[[int], None], manifest: Path, as_of: date
) -> None:
    build(7)
    publication = publish(settings, "run-7", as_of, manifest)
    with PublishedCopy(publication.path) as copy:
        tables = copy.tables()
        run = copy.values("select publication_id, run_id, as_of from publication.runs")
        models = copy.values(
            "select table_name, description, meta ->> '$.name_zh', meta ->> '$.name_en'"
            " from publication.models order by 1"
        )
    # staging stays inside, and so does a table that no model of this project makes any more (campaign_plan)
    assert tables == [
        "marts.customer_rfm",
        "marts.customers",
        "publication.models",
        "publication.runs",
        "publication.tables",
    ]
    assert run == [(publication.publication_id, "run-7", as_of)]
    assert models == [("customer_rfm", "", None, "RFM"), ("customers", "One row per customer.", "客户", None)]


def test_a_table_that_has_another_name_now_is_found_under_its_former_one_too(
    settings: Settings, build: Callable[[int], None], manifest: Path, as_of: date
) -> None:
    described = json.loads(manifest.read_text(encoding="utf-8"))
    described["nodes"]["b"]["config"]["meta"]["former_name"] = "customer_scores"
    manifest.write_text(json.dumps(described), encoding="utf-8")
    build(7)
    publication = publish(settings, "run-7", as_of, manifest)
    with PublishedCopy(publication.path) as copy:
        assert copy.values("select distinct marker, count(*) from marts.customer_scores group by 1") == [(7, 2000)]


def test_the_last_publications_are_kept_and_the_current_one_always(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    keep_two = settings.model_copy(update={"keep_publications": 2})
    build(1)
    made = [publish(keep_two, f"run-{number}", as_of, None) for number in range(4)]
    kept = sorted(path.name for path in settings.published.glob("serving-*"))
    assert kept == [made[2].path.name, made[3].path.name]
    assert current_publication(settings) == made[3]


def test_publishing_nothing_is_refused_with_what_to_do(
    settings: Settings, build: Callable[[int], None], as_of: date, tmp_path: Path
) -> None:
    assert current_publication(settings) is None
    with pytest.raises(UserError, match="guanxi run"):
        publish(settings, "r", as_of, None)
    connect(settings, read_only=False).close()
    with pytest.raises(UserError, match="no marts"):
        publish(settings, "r", as_of, None)
    build(1)
    with pytest.raises(UserError, match="manifest"):
        publish(settings, "r", as_of, tmp_path / "missing.json")
    assert current_publication(settings) is None
    assert not list(settings.published.iterdir())


def test_a_full_disk_is_one_clear_line_and_leaves_the_last_publication(
    settings: Settings, build: Callable[[int], None], as_of: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(1)
    before = publish(settings, "run-1", as_of, None)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("stores.publication.sync", full)
    with pytest.raises(UserError, match="is full"):
        publish(settings, "run-2", as_of, None)
    assert current_publication(settings) == before
    names = sorted(path.name for path in settings.published.iterdir())
    assert names == sorted([before.path.name, "current.json", "tables"])
    assert table_files(settings) == {table.file for table in tables_of(settings, before.path)}


def test_a_publication_that_is_gone_is_one_clear_line(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    build(1)
    publish(settings, "run-1", as_of, None).path.unlink()
    with pytest.raises(UserError, match="guanxi publish"):
        current_publication(settings)
    assert read_marker(publish(settings, "run-2", as_of, None)) == 1


def test_a_damaged_pointer_is_one_clear_line_and_replaced_by_publishing(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    build(1)
    publish(settings, "run-1", as_of, None)
    (settings.published / "current.json").write_text("not json", encoding="utf-8")
    with pytest.raises(UserError, match="guanxi publish"):
        current_publication(settings)
    build(2)
    replaced = publish(settings, "run-2", as_of, None)
    assert read_marker(current_publication(settings)) == 2
    assert replaced.publication_id.startswith("000002-")
