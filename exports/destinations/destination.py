"""What every destination has in common: what it is given, what it answers, what kind of peer it is."""

from __future__ import annotations

import enum
import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from stores.message_channels import MessageChannel
from stores.settings import Settings


class PeerClass(enum.Enum):
    """What can be done about a message of which nobody knows whether the peer has it."""

    DEDUPES = "A"
    """The peer recognises a repetition: send again, within its window."""
    SEARCHABLE = "B"
    """The peer can be asked."""
    NEITHER = "C"
    """It stays unknown; marketing is never sent again by itself."""


@dataclass(frozen=True)
class Message:
    """One message as it leaves.

    Attributes:
        delivery_id: its id in the ledger; peers send it back in receipts.
        campaign_id: the campaign.
        campaign_version: its version.
        step: its step.
        channel: the message channel.
        identifier_type: the kind of identifier that it goes to.
        variant: the variant of an A/B test, if any.
        to: the clear identifier; exists only while the message is being sent.
        content: the frozen content: `text` and `parts`; `title` and `body`; or of an e-mail `title`, `html`, `text`
            and for its headers `list_unsubscribe` and `list_unsubscribe_post`. `blocks` says what was chosen.
        is_test: it goes to somebody of the company, who wants to see it; the tool is told.
    """

    delivery_id: str
    campaign_id: str
    campaign_version: int
    step: int
    channel: str
    identifier_type: str
    variant: str | None
    to: str = field(repr=False)
    content: dict[str, Any] = field(repr=False)
    is_test: bool = False


@dataclass(frozen=True)
class Batch:
    """Messages that go out in one piece, in the order of their ids.

    Attributes:
        batch_id: made from the delivery ids, so a repetition has the same one.
        as_of: business day of the plan that it carries out.
        messages: what to send.
    """

    batch_id: str
    as_of: date
    messages: tuple[Message, ...]


class Status(enum.Enum):
    """What became of one message."""

    ACCEPTED = "accepted"
    """The peer has it."""
    NOT_SENT = "not_sent"
    """Proven not to have been taken; may be sent later."""
    REJECTED = "rejected"
    """The peer refused this message for good."""
    UNKNOWN = "unknown"
    """The peer may or may not have it."""


@dataclass(frozen=True)
class Outcome:
    """What became of one message, and why.

    Attributes:
        delivery_id: the message.
        status: what became of it.
        reason: why it was not accepted; short, without personal data.
        retry_after: how long the peer asks to wait before the next try.
    """

    delivery_id: str
    status: Status
    reason: str | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Reply:
    """What a destination answers to a batch.

    Attributes:
        outcomes: one for each message of the batch.
        refused_whole: the peer refused the batch because of something in it: halve it to find what.
        stop: why no more batches should be sent now, such as a wrong key.
        disable: the peer says that it is gone for good.
    """

    outcomes: list[Outcome]
    refused_whole: bool = False
    stop: str | None = None
    disable: bool = False


def same_outcome(
    batch: Batch, status: Status, reason: str | None = None, retry_after: timedelta | None = None
) -> list[Outcome]:
    """The same outcome for every message of a batch."""
    return [Outcome(message.delivery_id, status, reason, retry_after) for message in batch.messages]


class ReceiptSettings(BaseModel):
    """Section `receipts` of a destination: what its files call the fields of a receipt, and its own words for events.

    A name, or several in the order in which they are tried; points lead into nested objects.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delivery_id: str | list[str] = []
    event_id: str | list[str] = []
    event: str | list[str] = []
    detail: str | list[str] = []
    occurred_at: str | list[str] = []
    words: dict[str, str] = {}


class DestinationSettings(BaseModel):
    """Settings that every kind has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    receipts: ReceiptSettings = ReceiptSettings()


class Destination(ABC):
    """A messaging tool. Subclass it in a module of this package; it is found there.

    Attributes:
        kind: how the settings name it.
        peer_class: what can be done about a message in doubt.
        settings_model: the model of its section.
        channels: the channels it can serve; None for any.
        unseals: whether it needs clear identifiers; one that does not is given the ledger's identifier as it stands.
        batch_size: at most this many messages at a time.
        concurrency: at most this many batches at a time.
        dedupe_window: for how long after the first try a repetition is recognised.
    """

    kind: ClassVar[str]
    peer_class: ClassVar[PeerClass]
    settings_model: ClassVar[type[DestinationSettings]] = DestinationSettings
    channels: ClassVar[frozenset[str] | None] = None
    unseals: bool = True
    batch_size: int = 500
    concurrency: int = 1
    dedupe_window: timedelta = timedelta(0)

    def __init__(self, name: str, own: Any, settings: Settings) -> None:
        self.name = name
        self.own = own
        self.settings = settings

    @classmethod
    def demo_instances(cls, settings: Settings) -> dict[str, dict[str, Any]]:
        """Sections that exist without being configured, by instance name."""
        return {}

    def obstacle(self, channel: MessageChannel) -> str | None:
        """Why it cannot serve a channel, after "because" and with what to do; None where it can."""
        if self.channels is None or channel.name in self.channels:
            return None
        return f"it is a {self.kind}, which serves {', '.join(sorted(self.channels))}"

    @property
    def fingerprint(self) -> str:
        """Changes with the settings; a destination that was disabled counts as new with others."""
        return hashlib.sha256(self.own.model_dump_json(exclude={"receipts"}).encode()).hexdigest()

    @abstractmethod
    def send(self, batch: Batch) -> Reply:
        """Send a batch; called from several threads when `concurrency` is above one.

        Never raises for anything that the peer or the network does.
        """

    def close(self) -> None:
        """Give back connections."""
        return
