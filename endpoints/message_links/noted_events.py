"""Noting what customers did with a link: a receipt of the destination that the message went to, like any other."""

from __future__ import annotations

import json
import secrets

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from stores.atomic_files import replacing
from stores.errors import UserError
from stores.operations import deliveries, engine, reading, tests_among
from stores.settings import Settings


class NotNoted(Exception):
    """It could not be written down; the text says why, for the log."""


def is_of_test(settings: Settings, delivery_id: str) -> bool:
    """Whether a message was a test one; no, where the operations store cannot say.

    Args:
        settings: the installation.
        delivery_id: the message that a link stood in.
    """
    try:
        with reading(engine(settings)) as connection:
            return bool(tests_among(connection, {delivery_id}))
    except (UserError, SQLAlchemyError):
        return False


def note(settings: Settings, delivery_id: str, event: str) -> None:
    """Write a receipt into `landing/receipts/<destination>/`; it is collected before the next delivery.

    Args:
        settings: the installation.
        delivery_id: the message that the link stood in.
        event: clicked or unsubscribed.

    Raises:
        NotNoted: nobody knows where the message went, or the file cannot be written.
    """
    try:
        with reading(engine(settings)) as connection:
            asked = select(deliveries.c.destination).where(deliveries.c.delivery_id == delivery_id)
            destination = connection.scalar(asked)
    except (UserError, SQLAlchemyError) as bad:
        raise NotNoted(f"the delivery ledger cannot be read ({type(bad).__name__})") from bad
    if destination is None:
        raise NotNoted("the delivery ledger does not know the message")
    now = settings.now()
    # another try is another event, and what follows from it happens once
    name = f"link-{event}-{secrets.token_hex(8)}"
    receipt = {"event_id": name, "delivery_id": delivery_id, "event": event, "occurred_at": now.isoformat()}
    folder = settings.landing / "receipts" / destination
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / f"{name}.jsonl") as draft:
            draft.write_text(json.dumps(receipt) + "\n", encoding="utf-8")
    except OSError as bad:
        raise NotNoted(f"the receipt cannot be written ({type(bad).__name__})") from bad
