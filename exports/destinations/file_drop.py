"""A messaging tool that picks up files: one CSV per batch and channel, and a manifest that says it is complete.

The name depends only on the messages in it, so a repetition replaces the file with the same bytes. The address column
is named after the kind of identifier that is in it. A phone number or an e-mail address stands there in clear, so that
a section must ask for it (`clear_addresses`), and only the owner of the file may read it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
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
from stores.lake.vault import SEALED_KINDS
from stores.message_channels import MessageChannel
from stores.settings import Settings
from stores.settings_files import file_of

NOT_ALLOWED = "clear_addresses_not_allowed"
# The columns of messages that have a part: of e-mails, of others with a title, and of the rest.
_COLUMNS = {
    "html": ("title", "text", "html", "list_unsubscribe", "list_unsubscribe_post"),
    "body": ("title", "body"),
    "text": ("text",),
}


class FileDropSettings(DestinationSettings):
    """Section of a file drop."""

    folder: Path | None = Field(None, description="where the files go; a folder named like the section by default")
    batch_size: int = Field(10_000, ge=1, le=100_000, description="most messages in one file")
    clear_addresses: bool = Field(False, description="whether phone numbers and e-mail addresses may stand in files")


class FileDropDestination(Destination):
    """Writes batches as files."""

    kind: ClassVar[str] = "file_drop"
    peer_class: ClassVar[PeerClass] = PeerClass.DEDUPES
    settings_model: ClassVar[type[DestinationSettings]] = FileDropSettings
    dedupe_window = timedelta(days=7)

    def __init__(self, name: str, own: FileDropSettings, settings: Settings) -> None:
        super().__init__(name, own, settings)
        self.batch_size = own.batch_size
        self.unseals = own.clear_addresses
        self.folder = settings.project_root / own.folder if own.folder else settings.outbox / name

    @classmethod
    def demo_instances(cls, settings: Settings) -> dict[str, dict[str, Any]]:
        """The demo's push tool picks its files up from the outbox."""
        return {"app_push_files": {"folder": settings.outbox / "app_push"}}

    def obstacle(self, channel: MessageChannel) -> str | None:
        """A channel whose addresses are personal needs a section that lets them into files."""
        if channel.identifier_type not in SEALED_KINDS or self.own.clear_addresses:
            return None
        return (
            f"it writes files, and a file for {channel.name} holds the {channel.identifier_type} of each recipient in "
            f"clear. Say `clear_addresses = true` in [destinations.{self.name}] of "
            f"{file_of(f'destinations.{self.name}')} if that is meant"
        )

    def send(self, batch: Batch) -> Reply:
        """Write the files, each before its manifest; they appear complete or not at all."""
        if not self.own.clear_addresses and any(one.identifier_type in SEALED_KINDS for one in batch.messages):
            return Reply(same_outcome(batch, Status.NOT_SENT, NOT_ALLOWED), stop=NOT_ALLOWED)
        by_channel: dict[str, list[Message]] = {}
        for message in batch.messages:
            by_channel.setdefault(message.channel, []).append(message)
        placed = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for channel, messages in by_channel.items():
                name = f"{batch.as_of.isoformat()}-{batch.batch_id}" + (f"-{channel}" if len(by_channel) > 1 else "")
                name = f"test-{name}" if messages[0].is_test else name
                data = _csv(messages)
                manifest = {
                    "export_id": batch.batch_id,
                    "file": f"{name}.csv",
                    "rows": len(messages),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "as_of": batch.as_of.isoformat(),
                }
                self._replace(f"{name}.csv", data)
                placed = True
                self._replace(f"{name}.manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")
        except OSError as bad:
            # Once a file stands there, the tool may have taken it, manifest or not.
            reason = f"cannot_write_{type(bad).__name__}"
            return Reply(same_outcome(batch, Status.UNKNOWN if placed else Status.NOT_SENT, reason), stop=reason)
        return Reply(same_outcome(batch, Status.ACCEPTED))

    def _replace(self, name: str, data: bytes) -> None:
        with replacing(self.folder / name) as draft:
            if self.own.clear_addresses:
                os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            draft.write_bytes(data)


def _part(message: Message, name: str) -> str:
    """A part of a message; an e-mail that was frozen before e-mails had HTML has a body for its text."""
    value = message.content.get(name, "")
    return str(value or message.content.get("body", "")) if name == "text" else str(value)


def _csv(messages: list[Message]) -> bytes:
    """Messages of one channel; which columns there are follows from the channel alone."""
    content = next(
        columns for part, columns in _COLUMNS.items() if any(part in message.content for message in messages)
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    is_test = messages[0].is_test  # a batch has tests only, or none
    header = ("delivery_id", messages[0].identifier_type, *content, "campaign", "campaign_version", "variant")
    writer.writerow((*header, *(["is_test"] if is_test else [])))
    for message in messages:
        writer.writerow(
            (
                message.delivery_id,
                message.to,
                *(_part(message, name) for name in content),
                message.campaign_id,
                message.campaign_version,
                message.variant or "",
                *(["true"] if is_test else []),
            )
        )
    return text.getvalue().encode()
