"""What a message is: its identity, its batch, and the rows that this process may send now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from stores.keyring import Keyring
from stores.operations.table_base import wall_clock

TENANT = "default"
_IDENTITY = itemgetter("campaign_id", "campaign_version", "step", "customer_id", "channel", "occurrence")
_COPIED = (
    "campaign_id", "campaign_version", "step", "customer_id", "channel", "destination", "occurrence", "variant",
    "identifier_type", "identifier_token", "template", "cap_class", "priority",
)  # fmt: skip

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Claimed:
    """Rows of one batch that this process may send now; what must leave is in them.

    Attributes:
        batch_id: the batch, the same for the same rows.
        as_of: business day of the plan that it carries out.
        rows: rows of `deliveries` with `payload_cipher`, by delivery id.
        repeat: an earlier try may have reached the peer, so nothing that happens now proves that it did not.
    """

    batch_id: str
    as_of: date
    rows: tuple[Row, ...]
    repeat: bool = False


def dedupe_key(row: Row) -> str:
    """What makes a message the same message, whichever run plans it: 64 hex digits."""
    text = "\x1f".join((TENANT, *map(str, _IDENTITY(row))))
    return hashlib.sha256(text.encode()).hexdigest()


def batch_id(delivery_ids: Iterable[str]) -> str:
    """The id of the batch of these messages, whoever makes it and whenever."""
    return "b_" + hashlib.sha256("\n".join(sorted(delivery_ids)).encode()).hexdigest()[:32]


def planned(row: Row, publication_id: str, as_of: date, now: datetime, keyring: Keyring) -> dict[str, Any]:
    """A plan row as a new row of the ledger.

    Args:
        row: a `send` row of the plan.
        publication_id: the publication that it comes from.
        as_of: its day.
        now: the present moment, naive UTC.
        keyring: makes the delivery id: who knows customer and campaign must not be able to make up a receipt for it.
    """
    key = dedupe_key(row)
    return {
        **{name: row[name] for name in _COPIED},
        "delivery_id": f"d_{keyring.token('delivery', key)}",
        "dedupe_key": key,
        "fields": row["fields"] or "{}",
        "purpose": row["consent_purpose"],
        "value_score": row["value_score"] or 0.0,
        "state": "planned",
        "publication_id": publication_id,
        "as_of": as_of,
        "attempts": 0,
        "planned_at": now,
        "updated_at": wall_clock(),
    }
