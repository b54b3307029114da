"""Files of a channel that count as unread once more: read with a contract that has changed, or without a wrong file.

A file counts by its content and is read once. After a column or a spelling was added to the contract, and when a file
was delivered that should not have been, the loads that brought the files are taken out of the lake; the next run reads
the files again, in the order in which they came the first time, because what arrives last may count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ingestion.pipeline import channel_named, locked
from ingestion.sources.landing_folder import files_by_content, landing_folder
from ingestion.sources.reading_order import note_order
from stores.atomic_files import put_whole
from stores.duckdb_connection import open_scratch
from stores.errors import UserError
from stores.lake.checksums import set_aside
from stores.lake.layout import dataset_of
from stores.lake.reader import has_table, rows
from stores.settings import Settings

_MOST_NAMES = 5


@dataclass(frozen=True)
class Unread:
    """What counts as unread from now on.

    Attributes:
        files: names of the files that the next run reads again, sorted.
        kept: names of files that stay as they were read: they, or later ones, have left the landing folder; sorted.
        removed: names of the files whose rows left, sorted.
        forgotten: names of files that have left the landing folder and of which no row was ever loaded, sorted; they
            wait in quarantine no longer.
        place: the folder that has the loads, and the files that were removed.
    """

    files: list[str]
    kept: list[str]
    removed: list[str]
    forgotten: list[str]
    place: Path


def read_again(settings: Settings, channel_name: str, without: Collection[str] = ()) -> Unread:
    """Take loads of a channel out of the lake, so that the next run reads their files again.

    Without files to remove these are the loads since the last file that has left the landing folder, else all; with
    some, the loads since the first of them.

    Args:
        settings: the installation.
        channel_name: name of a channel of files.
        without: names of files, as the file ledger has them, whose rows leave; they leave the landing folder too.

    Raises:
        UserError: no such channel or file, a channel without files, or a file that would have to be read again has
            left the landing folder.
    """
    channel = channel_named(channel_name)
    if channel.source is not None:
        raise UserError(
            f"{channel_name} has no files, it is asked by queries. A column that was added to its contract comes with "
            "the next comparison of the whole table (`compare_days`)."
        )
    folder = landing_folder(settings, channel)
    with locked(settings, channel_name):
        loads = _Loads(dataset_of(settings.lake, channel_name))
        removed = loads.contents_named(channel_name, without)
        there = files_by_content(settings, channel, settings.state / "ingestion" / channel_name / "hashes.json")
        gone = [load for load in loads.ids if not loads.loaded[load] <= there.keys() | removed]
        if without:
            again = loads.since(next(load for load in loads.ids if removed & loads.files[load].keys()))
        else:
            again = loads.after(gone[-1] if gone else "")
        if not again or not set(gone).isdisjoint(again):
            name = next(loads.files[gone[-1]][one] for one in loads.loaded[gone[-1]] - there.keys() - removed)
            raise UserError(
                f"{name} has left {folder}. It came {'with it or later' if without else 'last'}, and could not be read "
                "again. Drop it there once more first. Nothing was changed."
            )
        note_order(
            settings, channel_name, [sorted(loads.files[load].keys() & there.keys() - removed) for load in again]
        )
        place = settings.state / "set_aside" / f"raw_{channel_name}"
        _move([path for one in removed for path in there.get(one, [])], folder, place / "files")
        for load in reversed(again):  # the newest first, so that a replay leaves before its file
            set_aside(settings, channel_name, load)
    of_again = {one: name for load in again for one, name in loads.files[load].items() if one not in removed}
    kept = {name for load in loads.ids if load not in again for name in loads.files[load].values()}
    return Unread(
        files=sorted(name for one, name in of_again.items() if one in there),
        kept=sorted(kept),
        removed=sorted(without),
        forgotten=sorted(name for one, name in of_again.items() if one not in there),
        place=place,
    )


def _move(paths: list[Path], folder: Path, place: Path) -> None:
    for path in paths:
        target = place / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        put_whole(path, target)
        path.unlink()


class _Loads:
    """The loads of a channel that brought files.

    Attributes:
        ids: of the loads, oldest first.
        files: by load, file id and name of what it brought; a replay brings its file once more.
        loaded: by load, the file ids of which rows were loaded.

    Args:
        dataset: the channel's folder in the lake.
    """

    def __init__(self, dataset: Path) -> None:
        self.files: dict[str, dict[str, str]] = {}
        self.loaded: dict[str, set[str]] = {}
        if has_table(dataset, "file_ledger"):
            query = (
                "select _dlt_load_id, file_id, any_value(source_file), sum(loaded_rows) "
                f"from {rows(dataset, 'file_ledger')} group by all order by all"
            )
            with open_scratch() as connection:
                found = connection.execute(query).fetchall()
            for load, file_id, name, count in found:
                self.files.setdefault(str(load), {})[str(file_id)] = str(name)
                self.loaded.setdefault(str(load), set()).update({str(file_id)} if count else ())
        self.ids = sorted(self.files, key=float)

    def contents_named(self, channel: str, names: Collection[str]) -> set[str]:
        """File ids of the files of these names.

        Raises:
            UserError: nothing of the channel, or no file of that name, was read.
        """
        known = {name for files in self.files.values() for name in files.values()}
        if not known:
            raise UserError(f"Nothing of {channel} was read yet: `guanxi run` reads it.")
        if unknown := sorted(set(names) - known):
            shown = ", ".join(sorted(known)[-_MOST_NAMES:])
            raise UserError(f"{channel} has read no file {unknown[0]}. The last names that it has read: {shown}.")
        return {one for files in self.files.values() for one, name in files.items() if name in names}

    def since(self, load: str) -> list[str]:
        """The loads from this one on; earlier ones too, where they cannot be parted from it."""
        place = self.ids.index(load)
        while not self._is_border(place):
            place -= 1
        return self.ids[place:]

    def after(self, load: str) -> list[str]:
        """The loads that came after this one and can be parted from it; all for an empty id."""
        place = self.ids.index(load) + 1 if load else 0
        while place < len(self.ids) and not self._is_border(place):
            place += 1
        return self.ids[place:]

    def _is_border(self, place: int) -> bool:
        """Whether no load behind the place replays a file that came before it."""
        before = {one for load in self.ids[:place] for one in self.files[load]}
        return all(before.isdisjoint(self.files[load]) for load in self.ids[place:])
