"""Small parts of the lake merged into larger ones, so that a day after a year of days reads no thousand files.

Merged parts are written beside the lake (`lake/.compaction/`) and compared with what was merged. Then a channel's
folder is put together there, with everything else of it linked, and takes the place of the old one at once: whoever
dies or reads at any moment, the folder is the old or the new one, with the same rows. Load ids, line numbers and file
ledger stay.
"""

from __future__ import annotations

import itertools
import json
import logging
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.channels import discover
from ingestion.pipeline import locked
from stores.atomic_files import exchange, link_or_copy, replacing, sync
from stores.duckdb_connection import literal, literals, open_duckdb
from stores.errors import UserError
from stores.file_locks import exclusive
from stores.lake.checksums import read_ledger, require_whole, sha256, write_ledger
from stores.lake.layout import (
    COMPACTED,
    LEDGERS,
    FileStamp,
    datasets,
    ledger_path,
    merged_parts,
    owner_of,
    parts_of,
    recorded_loads,
    stamp,
)
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

FOLDER = ".compaction"
SMALL_BYTES = 64 << 20
_MERGED_BYTES = 2 * SMALL_BYTES
_FEWEST_PARTS = 8
_UNFINISHED_UPGRADE = ".renewal/plan.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Merger:
    """Small parts of a table that become one.

    Attributes:
        channel: the channel's name.
        table: name of the table.
        parts: the small parts, in order of their loads.
        loads: ids of the loads that brought their rows.
    """

    channel: str
    table: str
    parts: tuple[FileStamp, ...]
    loads: frozenset[str]

    @property
    def bytes(self) -> int:
        """Size of the small parts together."""
        return sum(part.bytes for part in self.parts)


def compact(settings: Settings, is_trial: bool = False) -> list[Merger]:
    """Merge the small parts of every table that has many of them.

    Ingestion and builds go on meanwhile; only while a channel's folder changes place they wait for a moment, and this
    waits for a build that is at work.

    Args:
        settings: the installation.
        is_trial: True changes nothing.

    Returns:
        What was merged, or would be.

    Raises:
        UserError: the lake is damaged, an upgrade was broken off, or the disk cannot exchange folders.
    """
    if (settings.lake / _UNFINISHED_UPGRADE).exists():
        raise UserError("An upgrade was broken off in the middle. Run `guanxi upgrade` first.")
    require_whole(settings, contents=False)
    done: list[Merger] = []
    place = settings.state / "locks" / "lake_compaction.lock"
    with exclusive(place, "The lake is being compacted already; waiting for that to end"):
        shutil.rmtree(settings.lake / FOLDER, ignore_errors=True)  # what a killed one left
        known = discover()
        for dataset in datasets(settings.lake):
            channel = dataset.name.removeprefix("raw_")
            mergers = _mergers(dataset, channel) if channel in known else []
            if not is_trial:
                mergers = mergers if mergers and _merge_all(settings, dataset, channel, mergers) else []
            for one in mergers:
                log.info(
                    "Lake: %s.%s: %d parts (%s bytes) become one", channel, one.table, len(one.parts), f"{one.bytes:,}"
                )
            done += mergers
        if not is_trial:
            shutil.rmtree(settings.lake / FOLDER, ignore_errors=True)
    return done


def _mergers(dataset: Path, channel: str) -> list[Merger]:
    """What is worth merging: of each table the small parts of completed loads that have the same columns."""
    complete = {
        load_id
        for load_id, path in recorded_loads(dataset).items()
        if json.loads(path.read_text(encoding="utf-8")).get("status") == 0
    }
    found: dict[tuple[str, str], list[tuple[str, FileStamp, set[str]]]] = {}
    for name, path in parts_of(dataset).items():
        owner, own = owner_of(name), stamp(dataset, path)
        loads = set(read_ledger(dataset, owner)[name]["loads"]) if owner.startswith(COMPACTED) else {owner} & complete
        if loads and own.bytes < SMALL_BYTES:
            try:
                columns = str(pq.read_schema(path).remove_metadata())
            except (OSError, pa.ArrowException) as bad:
                raise _damaged(dataset, name) from bad
            found.setdefault((path.parent.name, columns), []).append((min(loads), own, loads))
    groups: list[Merger] = []
    for (table, _), parts in sorted(found.items()):
        for some in _in_portions(sorted(parts, key=lambda part: (part[0], part[1].name))):
            stamps = tuple(own for _, own, _ in some)
            groups.append(Merger(channel, table, stamps, frozenset().union(*(loads for _, _, loads in some))))
    return [group for group in groups if len(group.parts) >= _FEWEST_PARTS]


def _in_portions(
    parts: list[tuple[str, FileStamp, set[str]]],
) -> Iterator[list[tuple[str, FileStamp, set[str]]]]:
    """The parts in order, in lists that make one large part each."""
    portion: list[tuple[str, FileStamp, set[str]]] = []
    for part in parts:
        portion.append(part)
        if sum(own.bytes for _, own, _ in portion) >= _MERGED_BYTES:
            yield portion
            portion = []
    if portion:
        yield portion


def _merge_all(settings: Settings, dataset: Path, channel: str, mergers: list[Merger]) -> bool:
    """Write the merged parts of a channel and put them in place; whether that was possible."""
    draft = settings.lake / FOLDER / dataset.name
    latest = max(
        (int(path.stem.removeprefix(COMPACTED)) for path in dataset.glob(f"{LEDGERS}/{COMPACTED}*")), default=0
    )
    owner = f"{COMPACTED}{max(int(time.time() * 1000), latest + 1)}"
    ledger: dict[str, dict[str, Any]] = {}
    with closing(open_duckdb(settings)) as connection:
        for number, merger in enumerate(mergers, start=1):
            part = draft / merger.table / f"{owner}.{number}.parquet"
            _merge(connection, dataset, merger, part)
            own = stamp(draft, part)
            stood_for = [vars(one) for one in _as_loaded(dataset, merger.parts)]
            ledger[own.name] = {
                **{"bytes": own.bytes, "sha256": sha256(part), "mtime_ns": own.mtime_ns},
                **{"loads": sorted(merger.loads), "merged": stood_for},
            }
    with writer_lock(settings), locked(settings, channel):
        merged = [part for merger in mergers for part in merger.parts]
        if not _still_stand(dataset, merged):
            log.warning("Lake: %s changed while its parts were merged; it is left for the next time", channel)
            return False
        _complete(dataset, draft, owner, ledger, {part.name for part in merged})
        exchange(draft, dataset)
    shutil.rmtree(draft)
    return True


def _merge(connection: duckdb.DuckDBPyConnection, dataset: Path, merger: Merger, target: Path) -> None:
    """Write the rows of small parts into one, in their order, and look whether they are all there.

    Raises:
        UserError: a small part is not what its load wrote, or what was written is something else.
    """
    for part in merger.parts:
        noted = read_ledger(dataset, owner_of(part.name))[part.name]["sha256"]
        if sha256(dataset / part.name) != noted:
            raise _damaged(dataset, part.name)
    small = _relation(dataset / part.name for part in merger.parts)
    with replacing(target) as written:
        connection.execute(f"copy (from {small}) to {literal(str(written))} (format parquet)")
        if _digest(connection, small) != _digest(connection, _relation([written])):
            raise UserError(f"{target} was written and reads back as something else. Nothing was changed.")


def _damaged(dataset: Path, part: str) -> UserError:
    return UserError(
        f"{dataset.name}/{part} has other content than what was written (sha256). Nothing of this channel was changed; "
        "`guanxi lake verify` says what to do."
    )


def _relation(places: Iterable[Path]) -> str:
    return f"read_parquet({literals([str(place) for place in places])}, hive_partitioning = false)"


def _digest(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[Any, ...]]:
    """Number of rows of each load and a sum over their contents."""
    return connection.execute(
        f"select _dlt_load_id, count(*), sum(hash(rows)::hugeint) from {relation} as rows group by all order by all"
    ).fetchall()


def _as_loaded(dataset: Path, parts: Iterable[FileStamp]) -> Iterator[FileStamp]:
    """The parts, and in the place of merged ones what was merged into them."""
    merged = merged_parts(dataset)
    return itertools.chain.from_iterable(merged.get(part, [part]) for part in parts)


def _still_stand(dataset: Path, parts: Iterable[FileStamp]) -> bool:
    try:
        return all(stamp(dataset, dataset / part.name) == part for part in parts)
    except FileNotFoundError:
        return False


def _complete(
    dataset: Path, draft: Path, owner: str, ledger: Mapping[str, Mapping[str, Any]], merged: set[str]
) -> None:
    """Put together the channel's folder: merged parts, all other files, and what is noted of both."""
    changed = {ledger_path(dataset, owner_of(name)) for name in merged}
    for path in sorted(dataset.rglob("*")):
        place = draft / path.relative_to(dataset)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif str(path.relative_to(dataset)) not in merged and path not in changed and not path.name.startswith("."):
            place.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(path, place)
    # The oldest load keeps its ledger: a load without one is then no load of a release that wrote none.
    oldest = min((path.stem for path in dataset.glob(f"{LEDGERS}/[0-9]*.json")), key=float, default="")
    for path in sorted(changed):
        left = {name: part for name, part in read_ledger(dataset, path.stem).items() if name not in merged}
        if left or path.stem == oldest:
            write_ledger(draft, path.stem, left)
    write_ledger(draft, owner, ledger)
    for folder in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
        sync(folder)
