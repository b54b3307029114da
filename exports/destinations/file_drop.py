"""A messaging tool that picks up files: one CSV per batch and a manifest that says it is complete.

The name depends only on the messages in it, so a repetition replaces the file with the same bytes. The columns are
fixed and hold no personal data: people are named by their app user id.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from exports.destinations.destination import (
    Batch,
    Destination,
    DestinationSettings,
    Message,
    PeerClass,
    Reply,
    Status,
    same_outcome,
)
from stores.atomic_files import replacing
from stores.settings import Settings

COLUMNS = ("delivery_id", "app_user_id", "title", "body", "campaign", "campaign_version", "variant")


class FileDropSettings(DestinationSettings):
    """Section of a file drop."""

    folder: Path | None = Field(None, description="where the files go; a folder named like the section by default")
    batch_size: int = Field(10_000, ge=1, le=100_000, description="most messages in one file")


class FileDropDestination(Destination):
    """Writes batches as files."""

    kind: ClassVar[str] = "file_drop"
    peer_class: ClassVar[PeerClass] = PeerClass.DEDUPES
    settings_model: ClassVar[type[DestinationSettings]] = FileDropSettings
    channels: ClassVar[frozenset[str] | None] = frozenset({"app_push"})
    unseals: ClassVar[bool] = False
    dedupe_window = timedelta(days=7)

    def __init__(self, name: str, own: FileDropSettings, settings: Settings) -> None:
        super().__init__(name, own, settings)
        self.batch_size = own.batch_size
        self.folder = settings.project_root / own.folder if own.folder else settings.outbox / name

    @classmethod
    def demo_instances(cls, settings: Settings) -> dict[str, dict[str, Any]]:
        """The demo's push tool picks its files up from the outbox."""
        return {"app_push_files": {"folder": settings.outbox / "app_push"}}

    def send(self, batch: Batch) -> Reply:
        """Write the file, then the manifest; both appear complete or not at all."""
        name = f"{batch.as_of.isoformat()}-{batch.batch_id}"
        data = _csv(batch.messages)
        manifest = {
            "export_id": batch.batch_id,
            "file": f"{name}.csv",
            "rows": len(batch.messages),
            "sha256": hashlib.sha256(data).hexdigest(),
            "as_of": batch.as_of.isoformat(),
        }
        placed = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self.folder / f"{name}.csv", data)
            placed = True
            _replace(self.folder / f"{name}.manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")
        except OSError as bad:
            # Once the file stands there, the tool may have taken it, manifest or not.
            reason = f"cannot_write_{type(bad).__name__}"
            return Reply(same_outcome(batch, Status.UNKNOWN if placed else Status.NOT_SENT, reason), stop=reason)
        return Reply(same_outcome(batch, Status.ACCEPTED))


def _csv(messages: tuple[Message, ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for message in messages:
        content = message.content
        writer.writerow(
            (
                message.delivery_id,
                message.to,
                content.get("title", ""),
                content.get("body", ""),
                message.campaign_id,
                message.campaign_version,
                message.variant or "",
            )
        )
    return text.getvalue().encode()


def _replace(path: Path, data: bytes) -> None:
    with replacing(path) as draft:
        draft.write_bytes(data)
