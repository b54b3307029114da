"""The lake's parts and their sha256: what was written is what is read, or the run stops and says which file is not.

Each load leaves `lake/raw_<channel>/_parts/<load id>.json` with name, size and sha256 of every Parquet file that it
brought, written before the load counts. Where small parts were merged, a ledger of the merged parts takes over.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from stores.atomic_files import write_json
from stores.duckdb_connection import open_scratch
from stores.errors import UserError
from stores.lake.contract_files import FAULTS, contract_faults
from stores.lake.layout import (
    COMPACTED,
    CONTRACT,
    LEDGERS,
    LOADS,
    datasets,
    ledger_path,
    owner_of,
    parts_of,
    recorded_loads,
)
from stores.lake.vault import file_and_sum, files_going, is_faulty, vault_faults
from stores.settings import Settings

_SHOWN = 5

log = logging.getLogger(__name__)


_RESTORE = (
    " Restore these files from a backup. Without one, `guanxi lake set-aside <channel> <load id>` (the load id is the "
    "file name up to the second point; a file of the vault names both) takes the load out, and the next run reads its "
    "files again if they lie in the landing folder or are dropped again."
)
_WRITTEN_AGAIN = (
    " Nothing of a load is lost with a 00000000000.contract file, so it needs no backup: the next `guanxi run` writes "
    "it again. Where something else comes before a run, such as `guanxi upgrade`, delete it."
)


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong with the lake.

    Attributes:
        file: path below the lake's folder.
        what: what is wrong with it.
    """

    file: str
    what: str


def record_parts(dataset: Path, owner: str) -> None:
    """Note what a load brought; to be called when all its files are in place, before it counts.

    Whoever rewrites parts of a load in place calls it again.

    Args:
        dataset: the channel's folder in the lake.
        owner: dlt's id of the load; or `compacted.<number>` of merged parts that were rewritten.
    """
    known = read_ledger(dataset, owner) if owner.startswith(COMPACTED) else {}
    parts = {
        name: {**known.get(name, {}), "bytes": path.stat().st_size, "sha256": sha256(path)}
        for name, path in parts_of(dataset, owner).items()
    }
    write_ledger(dataset, owner, parts)


def read_ledger(dataset: Path, owner: str) -> dict[str, dict[str, Any]]:
    """What is noted of the parts of a load, or of merged parts, by `<table>/<file name>`.

    Raises:
        ValueError, KeyError, OSError: the ledger is not there or cannot be read.
    """
    parts: dict[str, dict[str, Any]] = json.loads(ledger_path(dataset, owner).read_text(encoding="utf-8"))["parts"]
    return parts


def write_ledger(dataset: Path, owner: str, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Note size and sha256 of parts; of merged ones also the loads and parts in them."""
    write_json(ledger_path(dataset, owner), {"load_id": owner, "parts": parts})


def loads_of(parts: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The loads whose rows are in merged parts, of which the ledger says this."""
    return {load for part in parts.values() for load in part["loads"]}


def forget_parts(dataset: Path, load_id: str) -> None:
    """Forget the sums of a load that was given up."""
    ledger_path(dataset, load_id).unlink(missing_ok=True)


def check_parts(settings: Settings, contents: bool) -> list[Damage]:
    """Compare the lake with what its loads brought.

    Args:
        settings: the installation.
        contents: True reads every byte and compares the sha256; False looks at names and sizes only.

    Returns:
        What is missing, altered or of no load; empty when all is well.
    """
    found = list(_check_all(settings, contents))
    if not found:
        return []
    # a load that ended while its files were being listed looks like damage once, but not twice
    again = set(_check_all(settings, contents))
    return [damage for damage in found if damage in again]


def require_whole(settings: Settings, contents: bool) -> None:
    """Stop when the lake is damaged.

    Args:
        settings: the installation.
        contents: as for `check_parts`.

    Raises:
        UserError: names the files and says what to do.
    """
    found = check_parts(settings, contents)
    if not found:
        return
    shown = "; ".join(f"{damage.file} {damage.what}" for damage in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    advice = "" if all(damage.what in FAULTS for damage in found) else _RESTORE
    advice += _WRITTEN_AGAIN if any(damage.what in FAULTS for damage in found) else ""
    raise UserError(f"The raw lake {settings.lake} is damaged: {shown}{more}.{advice}")


def set_aside(settings: Settings, channel: str, load_id: str) -> Path:
    """Take a damaged load out of the lake, so that its files count as unread.

    Args:
        settings: the installation.
        channel: name of the channel.
        load_id: dlt's id of the load; or `compacted.<number>`: all loads that were merged into these parts.

    Returns:
        The folder that has its files now.

    Raises:
        UserError: there is no such load.
    """
    dataset = settings.lake / f"raw_{channel}"
    recorded = recorded_loads(dataset)
    owners = sorted({load_id, *_loads_in(dataset, load_id)} if load_id.startswith(COMPACTED) else {load_id})
    loads = [recorded[owner] for owner in owners if owner in recorded]
    files = [path for owner in owners for path in parts_of(dataset, owner).values()]
    files += [path for owner in owners if (path := ledger_path(dataset, owner)).exists()]
    # A whole one stays: what it holds is not written again when another load brings it.
    sealed = f"{channel}.{load_id}"
    lost = {sealed} if is_faulty(settings, sealed) else set[str]()
    files += [path for path in file_and_sum(settings, sealed) if lost and path.exists()]
    if not loads and not files and not lost:
        raise UserError(f"raw_{channel} has no load {load_id}. The load id is the file name up to the second point.")
    target = settings.state / "set_aside" / dataset.name / load_id
    with files_going(settings, lost):
        # the loads' own lines first: from then on their rows do not count, whatever happens next
        for path in [*loads, *files]:
            place = target / path.parent.name / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, place)
    # a source that is asked gives these rows again when it is read in full
    (settings.state / "ingestion" / channel / "full_reads.json").unlink(missing_ok=True)
    return target


def _check_all(settings: Settings, contents: bool) -> Iterator[Damage]:
    for file, what in vault_faults(settings, contents):
        yield Damage(file, what)
    for dataset in datasets(settings.lake):
        # dlt's folder is there as long as a load is neither finished nor given up
        is_loading = (settings.state / "dlt" / dataset.name.removeprefix("raw_")).exists()
        yield from _check(dataset, contents, is_loading)


def _check(dataset: Path, contents: bool, is_loading: bool) -> Iterator[Damage]:
    yield from (Damage(f"{dataset.name}/{name}", what) for name, what in contract_faults(dataset))
    recorded, merged = recorded_loads(dataset), dict[str, set[str]]()
    known = {path.stem for path in dataset.glob(f"{LEDGERS}/*.json")}
    by_owner: dict[str, dict[str, Path]] = {}
    for name, path in parts_of(dataset).items():
        by_owner.setdefault(owner_of(name), {})[name] = path
    for owner in sorted(one for one in known if one.startswith(COMPACTED)):
        try:
            parts = read_ledger(dataset, owner)
            merged[owner] = loads_of(parts)
        except (ValueError, KeyError, TypeError, AttributeError):
            yield Damage(f"{dataset.name}/{LEDGERS}/{owner}.json", "cannot be read")
            continue
        yield from _check_parts(dataset, parts, by_owner.get(owner, {}), contents)
    of_loads = known - {one for one in known if one.startswith(COMPACTED)}
    for load_id in sorted(of_loads - recorded.keys()) if not is_loading else ():
        yield Damage(f"{dataset.name}/{LEDGERS}/{load_id}.json", "speaks of a load that is not recorded")
    first_known = min(of_loads, key=_moment, default=None)
    everything_merged = set().union(*merged.values())
    for load_id in sorted(recorded):
        own = by_owner.get(load_id, {})
        if load_id in of_loads:
            yield from _check_load(dataset, load_id, recorded[load_id], own, contents)
        elif load_id in everything_merged:
            yield from (Damage(f"{dataset.name}/{name}", "was merged into another part already") for name in own)
        elif first_known is None or _moment(load_id) < _moment(first_known):
            # made by a release that kept no sums; from now on they are kept
            log.warning("%s: load %s has no checksums yet; what is there now counts as right", dataset.name, load_id)
            record_parts(dataset, load_id)
        else:
            yield Damage(f"{dataset.name}/{LEDGERS}/{load_id}.json", "is missing")
    for owner, names in sorted(by_owner.items()):
        is_of_a_load = owner in recorded or owner in known or owner.startswith(CONTRACT)
        if not is_of_a_load and not (is_loading and _moment(owner)):
            yield from (Damage(f"{dataset.name}/{name}", "belongs to no load") for name in names)


def _check_load(
    dataset: Path, load_id: str, record: Path, present: dict[str, Path], contents: bool
) -> Iterator[Damage]:
    try:
        parts = read_ledger(dataset, load_id)
        said = json.loads(record.read_text(encoding="utf-8"))["load_id"]
    except (ValueError, KeyError, TypeError):
        yield Damage(f"{dataset.name}/{LEDGERS}/{load_id}.json", "or the load's record in _dlt_loads cannot be read")
        return
    if said != load_id:
        yield Damage(f"{dataset.name}/{LOADS}/…{load_id}.jsonl", "names another load")
    yield from _check_parts(dataset, parts, present, contents)


def _check_parts(
    dataset: Path, parts: Mapping[str, Mapping[str, Any]], present: Mapping[str, Path], contents: bool
) -> Iterator[Damage]:
    for name in sorted({*parts, *present}):
        where = f"{dataset.name}/{name}"
        if name not in present:
            yield Damage(where, "is missing")
        elif name not in parts:
            yield Damage(where, "was not brought by its load")
        elif present[name].stat().st_size != parts[name]["bytes"]:
            yield Damage(where, f"has {present[name].stat().st_size} bytes instead of {parts[name]['bytes']}")
        elif contents and sha256(present[name]) != parts[name]["sha256"]:
            yield Damage(where, "has other content than what was written (sha256)")


def _loads_in(dataset: Path, owner: str) -> set[str]:
    """The loads whose rows are in merged parts: as their ledger says, or, where it is damaged too, their rows."""
    try:
        return loads_of(read_ledger(dataset, owner))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        parts = [str(path) for path in parts_of(dataset, owner).values()]
    if not parts:
        return set()
    try:
        with open_scratch() as connection:
            rows = connection.execute("select distinct _dlt_load_id from read_parquet(?)", [parts]).fetchall()
    except duckdb.Error as bad:
        raise UserError(
            f"Which loads are in {dataset.name}/{owner} cannot be told: its ledger and its rows are damaged. Restore "
            f"{ledger_path(dataset, owner)} from a backup."
        ) from bad
    return {str(load) for (load,) in rows}


def _moment(load_id: str) -> float:
    """Load ids are seconds since the epoch."""
    try:
        return float(load_id)
    except ValueError:
        return 0.0


def sha256(path: Path) -> str:
    """The sha256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
