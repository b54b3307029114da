"""The lake's parts and their sha256: what was written is what is read, or the run stops and says which file is not.

Each load leaves `lake/raw_<channel>/_parts/<load id>.json` with name, size and sha256 of every Parquet file that it
brought, written before the load counts.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stores.atomic_files import write_json
from stores.errors import UserError
from stores.settings import Settings

_LEDGER = "_parts"
_LOADS = "_dlt_loads"
_CONTRACT = "00000000000."  # files without rows that make every declared table readable
_SHOWN = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong with the lake.

    Attributes:
        file: path below the lake's folder.
        what: what is wrong with it.
    """

    file: str
    what: str


def record_parts(dataset: Path, load_id: str) -> None:
    """Note what a load brought; to be called when all its files are in place, before it counts.

    Whoever rewrites parts of a load in place calls it again.

    Args:
        dataset: the channel's folder in the lake.
        load_id: dlt's id of the load.
    """
    parts = {
        f"{path.parent.name}/{path.name}": {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(dataset.glob(f"[!_]*/{load_id}.*.parquet"))
    }
    write_json(_ledger(dataset, load_id), {"load_id": load_id, "parts": parts})


def forget_parts(dataset: Path, load_id: str) -> None:
    """Forget the sums of a load that was given up."""
    _ledger(dataset, load_id).unlink(missing_ok=True)


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
    raise UserError(
        f"The raw lake {settings.lake} is damaged: {shown}{more}. Restore these files from a backup. Without one, "
        "`guanxi lake set-aside <channel> <load id>` (the load id is the file name up to the second point) takes the "
        "load out, and the next run reads its files again if they lie in the landing folder or are dropped again."
    )


def set_aside(settings: Settings, channel: str, load_id: str) -> Path:
    """Take a damaged load out of the lake, so that its files count as unread.

    Args:
        settings: the installation.
        channel: name of the channel.
        load_id: dlt's id of the load.

    Returns:
        The folder that has its files now.

    Raises:
        UserError: there is no such load.
    """
    dataset = settings.lake / f"raw_{channel}"
    loads = [*dataset.glob(f"{_LOADS}/*__{load_id}.jsonl")]
    files = [*dataset.glob(f"[!_]*/{load_id}.*.parquet"), *dataset.glob(f"{_LEDGER}/{load_id}.json")]
    if not loads and not files:
        raise UserError(f"raw_{channel} has no load {load_id}. The load id is the file name up to the second point.")
    target = settings.state / "set_aside" / dataset.name / load_id
    # the load's own line first: from then on its rows do not count, whatever happens next
    for path in [*loads, *files]:
        place = target / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    # a source that is asked gives these rows again when it is read in full
    (settings.state / "ingestion" / channel / "full_reads.json").unlink(missing_ok=True)
    return target


def _check_all(settings: Settings, contents: bool) -> Iterator[Damage]:
    for dataset in _datasets(settings.lake):
        # dlt's folder is there as long as a load is neither finished nor given up
        is_loading = (settings.state / "dlt" / dataset.name.removeprefix("raw_")).exists()
        yield from _check(dataset, contents, is_loading)


def _check(dataset: Path, contents: bool, is_loading: bool) -> Iterator[Damage]:
    loads = {path.stem.rpartition("__")[2] for path in dataset.glob(f"{_LOADS}/*__*.jsonl")}
    known = {path.stem for path in dataset.glob(f"{_LEDGER}/*.json")}
    for load_id in sorted(known - loads) if not is_loading else ():
        yield Damage(f"{dataset.name}/{_LEDGER}/{load_id}.json", "speaks of a load that is not recorded")
    present = {f"{path.parent.name}/{path.name}": path for path in dataset.glob("[!_]*/[!.]*.parquet")}
    first_known = min(known, key=_moment, default=None)
    by_load: dict[str, dict[str, Path]] = {}
    for name, path in present.items():
        by_load.setdefault(".".join(path.name.split(".")[:2]), {})[name] = path
    for load_id in sorted(loads):
        own = by_load.get(load_id, {})
        if load_id in known:
            yield from _check_load(dataset, load_id, own, contents)
        elif first_known is None or _moment(load_id) < _moment(first_known):
            # made by a release that kept no sums; from now on they are kept
            log.warning("%s: load %s has no checksums yet; what is there now counts as right", dataset.name, load_id)
            record_parts(dataset, load_id)
        else:
            yield Damage(f"{dataset.name}/{_LEDGER}/{load_id}.json", "is missing")
    for name, path in sorted(present.items()):
        load_id = ".".join(path.name.split(".")[:2])
        is_of_a_load = load_id in loads or path.name.startswith(_CONTRACT)
        if not is_of_a_load and not (is_loading and _moment(load_id)):
            yield Damage(f"{dataset.name}/{name}", "belongs to no load")


def _check_load(dataset: Path, load_id: str, present: dict[str, Path], contents: bool) -> Iterator[Damage]:
    record_of_load = (dataset / _LOADS).glob(f"*__{load_id}.jsonl")
    try:
        parts = json.loads(_ledger(dataset, load_id).read_text(encoding="utf-8"))["parts"]
        said = {json.loads(path.read_text(encoding="utf-8"))["load_id"] for path in record_of_load}
    except (ValueError, KeyError, TypeError):
        yield Damage(f"{dataset.name}/{_LEDGER}/{load_id}.json", "or the load's record in _dlt_loads cannot be read")
        return
    if said != {load_id}:
        yield Damage(f"{dataset.name}/{_LOADS}/…{load_id}.jsonl", "names another load")
    for name in sorted({*parts, *present}):
        where = f"{dataset.name}/{name}"
        if name not in present:
            yield Damage(where, "is missing")
        elif name not in parts:
            yield Damage(where, "was not brought by its load")
        elif present[name].stat().st_size != parts[name]["bytes"]:
            yield Damage(where, f"has {present[name].stat().st_size} bytes instead of {parts[name]['bytes']}")
        elif contents and _sha256(present[name]) != parts[name]["sha256"]:
            yield Damage(where, "has other content than what was written (sha256)")


def _datasets(lake: Path) -> list[Path]:
    return [folder for folder in sorted(lake.glob("raw_*")) if (folder / _LOADS).is_dir()]


def _ledger(dataset: Path, load_id: str) -> Path:
    return dataset / _LEDGER / f"{load_id}.json"


def _moment(load_id: str) -> float:
    """Load ids are seconds since the epoch."""
    try:
        return float(load_id)
    except ValueError:
        return 0.0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
