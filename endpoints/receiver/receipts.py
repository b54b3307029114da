"""Answers as a messaging tool gives them: receipt files in the landing folder, which Guanxi collects."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable

from endpoints.receiver.inbox import Inbox
from stores.atomic_files import replacing
from stores.settings import Settings


def answer(settings: Settings, inbox: Inbox, destination: str, delivery_ids: Iterable[str], event: str) -> int:
    """Answer messages: one file in `landing/receipts/<destination>/`, there complete or not at all.

    Args:
        settings: whose landing folder.
        inbox: where the messages are.
        destination: the destination that they came from.
        delivery_ids: the messages; answered twice with one event, they are answered once.
        event: what happened to them.

    Returns:
        How many receipts were written.
    """
    with inbox.answering(destination, delivery_ids, event) as receipts:
        if receipts:
            name = f"receiver-{settings.now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.jsonl"
            with replacing(settings.landing / "receipts" / destination / name) as draft:
                draft.write_text("".join(json.dumps(receipt) + "\n" for receipt in receipts), encoding="utf-8")
    return len(receipts)
