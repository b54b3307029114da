"""Messages that are dropped as files: only complete ones count, those whose manifest fits them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from endpoints.receiver.inbox import Inbox
from endpoints.receiver.incoming import Incoming, incoming
from endpoints.receiver.ledger import look_up
from endpoints.receiver.senders import Folder
from stores.message_channels import MessageChannel
from stores.settings import Settings

log = logging.getLogger(__name__)

_MANIFEST = ".manifest.json"
_LARGEST_MANIFEST = 65_536
_LARGEST_FILE = 256 << 20
_LONGEST_CELL = 200_000
_OURS = (
    "delivery_id", "title", "body", "text", "html", "list_unsubscribe", "list_unsubscribe_post", "campaign",
    "campaign_version", "variant",
)  # fmt: skip


class Incomplete(Exception):
    """A file that is not taken, for now; the text says why."""


class FileDrops:
    """Takes what lies in the folders of file drop destinations, each file once.

    Args:
        settings: the installation.
        inbox: where messages go.
        folders: where to look.
        channels: the message channels by name.
    """

    def __init__(
        self, settings: Settings, inbox: Inbox, folders: list[Folder], channels: Mapping[str, MessageChannel]
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._folders = folders
        self._channels = channels
        self._done: dict[Path, tuple[int, int]] = {}
        self._problems: dict[Path, str] = {}

    def problems(self) -> dict[str, str]:
        """Why files are not taken, by the name of their manifest."""
        return {path.name: why for path, why in sorted(self._problems.items()) if path.exists()}

    def look(self) -> Iterator[tuple[str, list[dict[str, Any]], list[Incoming]]]:
        """Take what is new.

        Yields:
            For each new file its destination, what became of each message, and the messages.
        """
        for place in self._folders:
            for manifest in _manifests(place.folder):
                taken = self._try(place, manifest)
                if taken:
                    yield place.destination, *taken

    def _try(self, place: Folder, manifest: Path) -> tuple[list[dict[str, Any]], list[Incoming]] | None:
        try:
            about = manifest.lstat()
            mark = (about.st_mtime_ns, about.st_ino)
            if self._done.get(manifest) == mark:
                return None
            taken = self._take(place, manifest)
        except (Incomplete, OSError) as bad:
            why = str(bad) if isinstance(bad, Incomplete) else f"cannot be read: {bad.strerror}"
            if self._problems.get(manifest) != why:
                log.warning("%s of %s is not taken: %s", manifest.name, place.destination, why)
            self._problems[manifest] = why
            return None
        self._done[manifest] = mark
        self._problems.pop(manifest, None)
        return taken

    def _take(self, place: Folder, manifest: Path) -> tuple[list[dict[str, Any]], list[Incoming]] | None:
        said = _promise(manifest)
        # The same name with other content is another file.
        batch = f"{manifest.name}:{said['sha256']}"
        if self._inbox.results_of(place.destination, batch) is not None:
            return None
        data = _content(manifest.with_name(str(said["file"])), said)
        messages = self._messages(data, said["rows"])
        return self._inbox.take(place.destination, batch, messages), messages

    def _messages(self, data: bytes, promised: int) -> list[Incoming]:
        header, rows = _rows(data)
        if len(rows) != promised:
            raise Incomplete(f"its file has {len(rows)} rows, and the manifest says {promised}")
        # The one column that is not ours is named after the kind of identifier that is in it.
        to = next((name for name in header if name not in _OURS), "")
        known = look_up(self._settings, [row["delivery_id"] for row in rows])
        likely = next((one.name for one in self._channels.values() if one.identifier_type == to), "")
        return [
            incoming(
                {
                    **row,
                    "campaign_id": row.get("campaign"),
                    "to": row.get(to),
                    "text": row.get("body") or row.get("text"),
                },
                to,
                known[row["delivery_id"]].channel if row["delivery_id"] in known else likely,
                known[row["delivery_id"]].step if row["delivery_id"] in known else None,
                self._settings.country,
            )
            for row in rows
        ]


def _manifests(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(_MANIFEST) and path.name[0] != ".")
    except OSError:
        return []  # nothing was dropped yet


def _promise(manifest: Path) -> dict[str, Any]:
    """What a manifest says of its file: name, rows and sha256."""
    try:
        said = json.loads(_bytes(manifest, _LARGEST_MANIFEST))
    except (ValueError, RecursionError) as bad:
        raise Incomplete("the manifest is not JSON") from bad
    names = {"file": str, "rows": int, "sha256": str}
    if not isinstance(said, dict) or not all(isinstance(said.get(name), kind) for name, kind in names.items()):
        raise Incomplete("the manifest does not say file, rows and sha256")
    if Path(said["file"]).name != said["file"] or not said["file"].endswith(".csv"):
        raise Incomplete("the manifest names a file that is not a CSV beside it")
    return said


def _content(path: Path, said: Mapping[str, Any]) -> bytes:
    try:
        data = _bytes(path, _LARGEST_FILE)
    except FileNotFoundError as missing:
        raise Incomplete("its file is not there yet") from missing
    if hashlib.sha256(data).hexdigest() != said["sha256"]:
        raise Incomplete("its file has another sha256 than the manifest says")
    return data


def _rows(data: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """The header of a CSV file and its rows by column."""
    try:
        header, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError) as bad:
        raise Incomplete("it is not CSV in UTF-8 with a header") from bad
    if any(len(cell) > _LONGEST_CELL for row in (header, *rows) for cell in row):
        raise Incomplete(f"it is not CSV of messages: a field has more than {_LONGEST_CELL:,} characters")
    if "delivery_id" not in header or any(len(row) != len(header) for row in rows):
        raise Incomplete("it has no column delivery_id, or a row with more or fewer fields than the header")
    return header, [dict(zip(header, row, strict=True)) for row in rows]


def _bytes(path: Path, most: int) -> bytes:
    """The content of a regular file; links are not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as failed:
        raise Incomplete(f"{path.name} cannot be opened: {failed.strerror}") from failed
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Incomplete(f"{path.name} is not a regular file")
        data = file.read(most + 1)
    if len(data) > most:
        raise Incomplete(f"{path.name} is larger than {most >> 10} KB")
    return data
