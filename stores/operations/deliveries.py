"""The delivery ledger: one row per message that was ever meant to be sent, and what became of it.

States: planned → held or queued → sending → accepted → sent → delivered, or failed, bounced after it was accepted;
`unknown` when nobody can tell whether the peer has it; refused, expired and dead never move again, and neither does a
cancelled one, unless it was never tried and its customer comes back into the audience.
"""

from sqlalchemy import CheckConstraint, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text, text

from stores.operations.table_base import UtcDateTime, metadata, updated_at

WAITING_STATES = ("planned", "held", "queued")
"""States of a message that certainly has not left."""

CLAIMED_STATES = ("sending", "unknown")
"""States of a message that may or may not have left."""

STATES = (
    *WAITING_STATES,
    *CLAIMED_STATES,
    "accepted",
    "sent",
    "delivered",
    "failed",
    "bounced",
    "refused",
    "expired",
    "cancelled",
    "dead",
)

# Conditions of partial indexes: a query must use the very same text for SQLite to use the index.
_HAS_SLOT = text("slot_at is not null")
_IS_QUEUED = text("state = 'queued'")
_WAITS = text("state in ('planned', 'held', 'queued')")
_IS_CLAIMED = text("state in ('sending', 'unknown')")

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", String(40), primary_key=True),
    Column("dedupe_key", String(64), nullable=False, unique=True),
    Column("campaign_id", String(100), nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("customer_id", String(100), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("destination", String(100), nullable=False),
    Column("occurrence", String(40), nullable=False),
    Column("variant", String(40)),
    Column("identifier_type", String(40), nullable=False),
    Column("identifier_token", String(200), nullable=False),
    Column("identifier_cipher", Text),
    Column("state", String(20), nullable=False),
    Column("reason", String(200)),
    Column("template", String(100), nullable=False),
    Column("fields", Text, nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("cap_class", String(40)),
    Column("priority", Integer, nullable=False),
    Column("value_score", Float, nullable=False),
    Column("publication_id", String(100), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("batch_id", String(40)),
    Column("lease_owner", String(100)),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("held_until", UtcDateTime),
    Column("next_attempt_at", UtcDateTime),
    # When the last try began; while there is an owner, the lease runs from then.
    Column("claimed_at", UtcDateTime),
    # When the message took its place under the frequency cap; empty again only when proven not sent.
    Column("slot_at", UtcDateTime),
    Column("accepted_at", UtcDateTime),
    updated_at(),
    CheckConstraint("state in (" + ", ".join(f"'{state}'" for state in STATES) + ")", name="state"),
    Index(None, "publication_id"),
    # What waits, in the order in which a claim takes it; and what is on its way. Both stay small.
    Index(
        "ix_deliveries_queue",
        *("destination", "publication_id", "priority", "value_score", "delivery_id"),
        sqlite_where=_IS_QUEUED,
        postgresql_where=_IS_QUEUED,
    ),
    # What may still end unsent, for the look at whether it waited too long.
    Index("ix_deliveries_waiting", "campaign_id", "planned_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
    Index("ix_deliveries_claimed", "destination", sqlite_where=_IS_CLAIMED, postgresql_where=_IS_CLAIMED),
    # Messages that have taken a place under a cap: few of those that were ever planned.
    Index(None, "customer_id", "slot_at", sqlite_where=_HAS_SLOT, postgresql_where=_HAS_SLOT),
    Index(None, "identifier_token", sqlite_where=_HAS_SLOT, postgresql_where=_HAS_SLOT),
    # What a campaign, and a destination, sent today and in all, for the limits that customers share.
    Index(
        "ix_deliveries_campaign_slots",
        *("campaign_id", "campaign_version", "slot_at", "channel"),
        sqlite_where=_HAS_SLOT,
        postgresql_where=_HAS_SLOT,
    ),
    Index(
        "ix_deliveries_destination_slots",
        *("destination", "slot_at"),
        sqlite_where=_HAS_SLOT,
        postgresql_where=_HAS_SLOT,
    ),
    Index(None, "batch_id"),
)

delivery_payloads = Table(
    "delivery_payloads",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.delivery_id", ondelete="cascade"), primary_key=True),
    # What is sent, frozen at the first claim and encrypted, so that a retry sends the same bytes.
    Column("payload_cipher", Text, nullable=False),
)

delivery_batches = Table(
    "delivery_batches",
    metadata,
    # Made from the delivery ids in it, so it is also the key by which a peer recognises a repetition.
    Column("batch_id", String(40), primary_key=True),
    Column("destination", String(100), nullable=False),
    Column("messages", Integer, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("first_attempt_at", UtcDateTime, nullable=False),
    updated_at(),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.delivery_id", ondelete="cascade"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("batch_id", String(40), nullable=False),
    # The state that the try led to. A try is written down when it ends; until then the delivery itself shows it.
    Column("outcome", String(20), nullable=False),
    Column("reason", String(200)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
)

destination_states = Table(
    "destination_states",
    metadata,
    Column("destination", String(100), primary_key=True),
    # The settings for which the peer said "gone"; with other settings the destination counts as new.
    Column("fingerprint", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("disabled_at", UtcDateTime, nullable=False),
    updated_at(),
)
