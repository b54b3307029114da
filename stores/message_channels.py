"""Message channels and the purposes of messages: rows of the seeds `message_channels` and `consent_purposes`.

A new channel is a row; nothing here, in the models or in the exporter lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from stores.dbt_files.seed_rows import seed_rows
from stores.errors import UserError

_WORDS = {"true": True, "false": False}
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class MessageChannel:
    """One row of the seed `message_channels`.

    Attributes:
        name: what campaigns call it: sms, email …
        identifier_type: the kind of identifier that a message goes to.
        has_title: the first line of a message is its title.
        follows_sms_rules: signature, opt-out words, hours and length of the number's country apply.
        format: plain, or html for a message with an HTML part and a plain one.
        name_zh: Chinese name.
        name_en: English name.
    """

    name: str
    identifier_type: str
    has_title: bool
    follows_sms_rules: bool
    format: str
    name_zh: str
    name_en: str

    @property
    def is_html(self) -> bool:
        """Whether its messages have an HTML part and a plain one."""
        return self.format == "html"


def read_message_channels(project_root: Path) -> dict[str, MessageChannel]:
    """The message channels by name, in the order of the seed.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: the seed is missing, or a row of it makes no sense.
    """
    return message_channels_of(seed_rows(project_root / "dbt_project", "message_channels"), "message_channels.csv")


def message_channels_of(rows: Iterable[dict[str, str]], place: str) -> dict[str, MessageChannel]:
    """The message channels by name.

    Args:
        rows: of the seed `message_channels`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense.
    """
    needed = (
        "channel, identifier_type, has_title and follows_sms_rules (true or false), format (plain or html), "
        "name_zh and name_en"
    )
    return {channel.name: channel for channel in _read(rows, place, _channel, needed)}


def read_message_purposes(project_root: Path) -> tuple[str, ...]:
    """The purposes that messages are sent for, each of which needs a consent.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: the seed is missing, or a row of it makes no sense.
    """
    rows = seed_rows(project_root / "dbt_project", "consent_purposes")
    found = _read(rows, "consent_purposes.csv", _purpose, "purpose and is_for_messages (true or false)")
    return tuple(purpose for purpose, is_for_messages in found if is_for_messages)


def _channel(row: dict[str, str]) -> MessageChannel:
    channel = MessageChannel(
        name=row["channel"].strip(),
        identifier_type=row["identifier_type"].strip(),
        has_title=_WORDS[row["has_title"].strip().lower()],
        follows_sms_rules=_WORDS[row["follows_sms_rules"].strip().lower()],
        format=row["format"].strip().lower(),
        name_zh=row["name_zh"].strip(),
        name_en=row["name_en"].strip(),
    )
    if not all((channel.name, channel.identifier_type, channel.name_zh, channel.name_en)):
        raise ValueError("a cell is empty")
    if channel.format not in ("plain", "html") or (channel.is_html and not channel.has_title):
        raise ValueError("an HTML message has a title")
    if channel.follows_sms_rules and channel.identifier_type != "phone":
        raise ValueError("the rules are those of a number's country")
    return channel


def _purpose(row: dict[str, str]) -> tuple[str, bool]:
    return row["purpose"].strip(), _WORDS[row["is_for_messages"].strip().lower()]


def _read(
    rows: Iterable[dict[str, str]], place: str, read: Callable[[dict[str, str]], _Row], needed: str
) -> list[_Row]:
    found = []
    for line, row in enumerate(rows, start=2):
        try:
            found.append(read(row))
        except (KeyError, AttributeError, ValueError) as bad:
            raise UserError(
                f"{place}:{line}: a row needs {needed}; it has {', '.join(map(str, row.values()))}."
            ) from bad
    return found
