"""What customers answered since the plan was made, read again from the channels that hold consents.

A late answer only ever withholds. It counts for the customer whose identifier it was given by, and for the one whose
record it stands in: whoever changes his number and says no in one breath is found by the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from serving import identifiers
from serving.published_copy import PublishedCopy

REFUSALS = pa.schema(
    [
        pa.field(name, pa.string())
        for name in ("source_profile_id", "identifier_type", "identifier_value", "channel", "purpose")
    ]
)


@dataclass(frozen=True)
class LateAnswers:
    """Answers of the channels that hold consents, as they are now.

    Attributes:
        refusals: everybody whose latest answer is no, by record and by identifier; the columns of `REFUSALS`.
        unread: source channels that could not be read for longer than their freshness limit, with the message channels
            that they hold consents for.
    """

    refusals: pa.Table = field(default_factory=REFUSALS.empty_table)
    unread: Mapping[str, frozenset[str]] = field(default_factory=dict)


def refused_customers(publication: Path, answers: LateAnswers) -> list[tuple[str, str, str]]:
    """(customer, message channel, purpose) of every refusal, for the customers of a publication.

    Args:
        publication: the file of the publication whose plan is carried out.
        answers: what the channels say now.
    """
    if not answers.refusals.num_rows:
        return []
    with PublishedCopy(publication) as published:
        return identifiers.refused(published, answers.refusals)


def unread_customers(publication: Path, answers: LateAnswers) -> dict[tuple[str, str], str]:
    """Customers and message channels that rest on a source that could not be read, and which one it is.

    Args:
        publication: the file of the publication whose plan is carried out.
        answers: what the channels say now.
    """
    found: dict[tuple[str, str], str] = {}
    if not answers.unread:
        return found
    with PublishedCopy(publication) as published:
        for source, channels in sorted(answers.unread.items()):
            customers = identifiers.of_source(published, source)
            found |= {(customer_id, channel): source for customer_id in customers for channel in channels}
    return found
