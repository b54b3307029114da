"""The layout of the raw lake: which folders and files there are, and what each of them is.

lake/raw_<channel>/<table>/<load id>.<id>.parquet         a part: the rows that a load brought for a table
                           compacted.<number>.<n>.parquet  small parts of many loads, merged (`guanxi lake compact`)
                           00000000000.contract.parquet   no rows: makes the table readable before its first load
lake/raw_<channel>/_dlt_loads/<schema>__<load id>.jsonl   says that a load is complete: only its rows count
lake/raw_<channel>/_parts/<load id>.json                  size and sha256 of every part (`stores.lake.checksums`)
lake/raw_linkage/, lake/raw_intelligence/          what models found in the channels' data, replaced by each run
lake/raw_vault/sealed_values/<channel>.<load id>.parquet  the personal values, sealed (`stores.lake.vault`)
lake/vault_files.json                                     which files the vault must have
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEDGERS = "_parts"
LOADS = "_dlt_loads"
CONTRACT = "00000000000."
COMPACTED = "compacted."
VAULT = "raw_vault"
# What models found is read from the lake like a channel's tables, and nobody delivered it.
RESULTS = ("linkage", "intelligence")


@dataclass(frozen=True)
class FileStamp:
    """What changes with every change of a file.

    Attributes:
        name: path below the dataset's folder.
        bytes: its size.
        mtime_ns: when it was written, in nanoseconds since the epoch.
    """

    name: str
    bytes: int
    mtime_ns: int


def datasets(lake: Path) -> list[Path]:
    """The folders of the lake in which loads arrive, sorted."""
    return [folder for folder in sorted(lake.glob("raw_*")) if (folder / LOADS).is_dir()]


def channel_of(dataset: Path) -> str:
    """The channel whose folder it is."""
    return dataset.name.removeprefix("raw_")


def dataset_of(lake: Path, channel: str) -> Path:
    """The folder of a channel."""
    return lake / f"raw_{channel}"


def owner_of(part: str) -> str:
    """The load id of a part, or `compacted.<number>`: its file name up to the second point."""
    return ".".join(part.rpartition("/")[2].split(".")[:2])


def parts_of(dataset: Path, owner: str = "") -> dict[str, Path]:
    """Parts of a dataset by `<table>/<file name>`, sorted; of one load, or all, files without rows included.

    Args:
        dataset: a channel's folder in the lake.
        owner: see `owner_of`; all of them when empty.
    """
    found = dataset.glob(f"[!_]*/{owner}.*.parquet" if owner else "[!_]*/*.parquet")
    return {f"{path.parent.name}/{path.name}": path for path in sorted(found) if not path.name.startswith(".")}


def parts_everywhere(lake: Path) -> list[Path]:
    """Every part of a lake, sorted: of channels that are not in use any more too, and what linkage found."""
    folders = [folder for folder in sorted(lake.glob("raw_*")) if folder.name != VAULT]
    return [path for folder in folders for path in parts_of(folder).values()]


def recorded_loads(dataset: Path) -> dict[str, Path]:
    """The file in `_dlt_loads` of every load that came to its end, by load id."""
    return {path.stem.rpartition("__")[2]: path for path in sorted(dataset.glob(f"{LOADS}/*__*.jsonl"))}


def ledger_path(dataset: Path, owner: str) -> Path:
    """Where size and sha256 of the parts of a load stand, or of merged parts."""
    return dataset / LEDGERS / f"{owner}.json"


def stamp(dataset: Path, path: Path) -> FileStamp:
    """The stamp of a file below a dataset's folder."""
    found = path.stat()
    return FileStamp(str(path.relative_to(dataset)), found.st_size, found.st_mtime_ns)


def stamps_as_loaded(dataset: Path, part: str = "") -> list[FileStamp]:
    """Stamps of the files that decide what a dataset's rows are, sorted; the same before and after parts are merged.

    Args:
        dataset: a channel's folder in the lake.
        part: only files of this folder in it.
    """
    merged = merged_parts(dataset)
    found: list[FileStamp] = []
    for path in (dataset / part).rglob("*"):
        if path.is_file() and path.relative_to(dataset).parts[0] != LEDGERS:
            own = stamp(dataset, path)
            found += merged.get(own, [own])
    return sorted(found, key=lambda one: one.name)


def merged_parts(dataset: Path) -> dict[FileStamp, list[FileStamp]]:
    """Of every merged part that is as compaction wrote it, the stamps of the parts that were merged into it."""
    return {own: stood_for for own, stood_for in _merged(dataset) if stood_for}


def _merged(dataset: Path) -> Iterator[tuple[FileStamp, list[FileStamp]]]:
    for path in dataset.glob(f"{LEDGERS}/{COMPACTED}*.json"):
        try:
            parts: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["parts"]
            for name, part in parts.items():
                stood_for = [FileStamp(**one) for one in part.get("merged", [])]
                yield FileStamp(name, part["bytes"], part.get("mtime_ns", 0)), stood_for
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # what stands in a damaged ledger is not known: its part counts as new, and everything is built
