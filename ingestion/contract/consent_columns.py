"""What a channel declares about its consents: where its tables say whether somebody may be written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.contract.table import Column


@dataclass(frozen=True)
class ConsentQuestion:
    """What rows of a table answer: may somebody be written to over one message channel for one purpose?

    Attributes:
        granted: the bool column with the answer.
        identifier: the column whose owner answers.
        identifier_type: what the models call that identifier.
        channel: the message channel.
        purpose: marketing or profiling.
        record: the column with the number of the profile that answers; empty where only the identifier is known.
        changed_at: the column with the time of the answer; empty where the table's own order is taken.
        among: the columns that say what a row is about, each with our word in rows of this question.
    """

    granted: str
    identifier: str
    identifier_type: str
    channel: str
    purpose: str
    record: str
    changed_at: str = ""
    among: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConsentColumn:
    """A column that says whether somebody may be written to; such columns are read again before anything is sent.

    Attributes:
        granted: the bool column with the answer.
        identifier: the column whose owner answers: a personal one, or an id such as an app account.
        identifier_type: what the models call that identifier: phone, email, app_user_id …
        channel: the message channel that the answer is about, a row of the seed `message_channels`: sms, email …
        purpose: marketing or profiling.
    """

    granted: str
    identifier: str
    identifier_type: str
    channel: str
    purpose: str = "marketing"

    def columns_named(self) -> dict[str, str]:
        """What it is named for, and the column of the table."""
        return {"granted": self.granted, "identifier": self.identifier}

    def columns_required(self) -> Sequence[str]:
        """Columns that every row must fill."""
        return ()

    def columns_of_words(self) -> Sequence[str]:
        """Columns whose words the contract must translate."""
        return ()

    def questions(self, columns: Mapping[str, Column], key: Sequence[str]) -> Iterator[ConsentQuestion]:
        """The one question that it answers."""
        record = key[0] if key else ""
        yield ConsentQuestion(
            self.granted, self.identifier, self.identifier_type, self.channel, self.purpose, record
        )  # fmt: skip


@dataclass(frozen=True)
class ConsentRows:
    """Consents as rows, one for each customer and message channel; read again before anything is sent.

    Every row must say who, what about, what and (with `changed_at`) when. One that does not, or whose word for the
    channel or the answer is unknown, goes to quarantine, and nothing is sent by it.

    Attributes:
        identifier: the column whose owner answers: the customer's number, a phone, an e-mail address …
        identifier_type: what the models call that identifier: shop_account, phone, email …
        channel: the column that names the message channel; its `words` say which word means sms, email …
        granted: the bool column with the answer; its `true` and `false` are the words for it.
        changed_at: the column with the time of the answer: the newest answer of each channel counts. Without it, the
            one that arrived last.
        purpose: marketing or profiling, where all rows are about one.
        purpose_column: the column that names the purpose, by its `words`, where rows differ in it.
        customer: the column with the customer's number in this channel, where `identifier` is a phone or an address.
    """

    identifier: str
    identifier_type: str
    channel: str
    granted: str
    changed_at: str = ""
    purpose: str = "marketing"
    purpose_column: str = ""
    customer: str = ""

    def columns_named(self) -> dict[str, str]:
        """What it is named for, and the column of the table."""
        names = ("granted", "identifier", "channel", "changed_at", "purpose_column", "customer")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def columns_required(self) -> Sequence[str]:
        """Columns that every row must fill: without one of them nobody knows what it says."""
        who = self.customer or self.identifier
        return [name for name in (who, self.channel, self.granted, self.changed_at, self.purpose_column) if name]

    def columns_of_words(self) -> Sequence[str]:
        """Columns whose words the contract must translate."""
        return [name for name in (self.channel, self.purpose_column) if name]

    def questions(self, columns: Mapping[str, Column], key: Sequence[str]) -> Iterator[ConsentQuestion]:
        """A question for each message channel and purpose that the rows may be about."""
        record = self.customer or ("" if columns[self.identifier].is_personal else self.identifier)
        purposes = columns[self.purpose_column].known_words if self.purpose_column else [self.purpose]
        for channel in columns[self.channel].known_words:
            for purpose in purposes:
                among = {self.channel: channel} | ({self.purpose_column: purpose} if self.purpose_column else {})
                who = (self.granted, self.identifier, self.identifier_type)
                yield ConsentQuestion(*who, channel, purpose, record, self.changed_at, among)
