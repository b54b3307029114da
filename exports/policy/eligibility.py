"""Whether the owner of an identifier may still be written to, as conditions on rows of the ledger."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_

from stores.operations import consents, deliveries, suppressions
from stores.operations.contact_permissions import EVERY_CHANNEL


def barred() -> ColumnElement[bool]:
    """A condition on `deliveries`: its owner must not be written to any more."""
    return or_(suppressed(), withdrawn())


def suppressed(reason: str | None = None) -> ColumnElement[bool]:
    """A condition on `deliveries`: the identifier is suppressed on the message's channel or on all.

    Args:
        reason: only suppressions for this reason.
    """
    s, d = suppressions.c, deliveries.c
    found = exists().where(
        s.identifier_token == d.identifier_token,
        s.identifier_type == d.identifier_type,
        s.channel.in_((EVERY_CHANNEL, d.channel)),
        s.is_active,
    )
    return found.where(s.reason == reason) if reason else found


def withdrawn() -> ColumnElement[bool]:
    """A condition on `deliveries`: consent to the message's channel and purpose was taken back."""
    c, d = consents.c, deliveries.c
    return exists().where(
        c.identifier_token == d.identifier_token,
        c.identifier_type == d.identifier_type,
        c.channel == d.channel,
        c.purpose == d.purpose,
        c.granted.is_(False),
    )
