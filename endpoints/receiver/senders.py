"""What the receiver is told about the installation: from where messages come, and how they may be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Webhook:
    """A webhook destination whose address is the receiver's.

    Attributes:
        destination: its name.
        path: the path of its address.
        secret: what its batches are signed with.
    """

    destination: str
    path: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Folder:
    """A file drop destination.

    Attributes:
        destination: its name.
        folder: where it drops its files.
    """

    destination: str
    folder: Path


@dataclass(frozen=True)
class Words:
    """How messages may be answered, and what things are called.

    Attributes:
        events: the events that receipts may report, in their order.
        names: Chinese and English name by event.
        states: Chinese and English name by state of the delivery ledger.
    """

    events: tuple[str, ...]
    names: Mapping[str, tuple[str, str]]
    states: Mapping[str, tuple[str, str]]
