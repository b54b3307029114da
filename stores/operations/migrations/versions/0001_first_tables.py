"""The first tables: campaigns, delivery ledger, receipts, permissions, identity decisions, audit log."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None

_HAS_SLOT = text("slot_at is not null")
_IS_QUEUED = text("state = 'queued'")
_IS_CLAIMED = text("state in ('sending', 'unknown')")

_STATES = (
    "'planned', 'held', 'queued', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'failed', 'bounced', "
    "'refused', 'expired', 'cancelled', 'dead'"
)

_SQLITE_APPEND_ONLY = """
create trigger audit_log_no_{verb} before {verb} on audit_log
begin
    select raise(abort, 'the audit log is append-only');
end
"""

_POSTGRES_REFUSE = """
create function audit_log_refuse() returns trigger as $$
begin
    raise exception 'the audit log is append-only';
end
$$ language plpgsql
"""

_POSTGRES_APPEND_ONLY = """
create trigger audit_log_append_only before update or delete or truncate on audit_log
for each statement execute function audit_log_refuse()
"""


def upgrade() -> None:
    """Make the tables, and see to it that the audit log only grows."""
    _create_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRES_REFUSE)
        op.execute(_POSTGRES_APPEND_ONLY)
    else:
        for verb in ("update", "delete"):
            op.execute(_SQLITE_APPEND_ONLY.format(verb=verb))


def _create_tables() -> None:
    op.create_table(
        "audit_log",
        Column("audit_id", BigInteger().with_variant(Integer(), "sqlite"), autoincrement=True, nullable=False),
        Column("actor", String(100), nullable=False),
        Column("action", String(40), nullable=False),
        Column("subject_type", String(40), nullable=False),
        Column("subject", Text(), nullable=False),
        Column("purpose", String(100), nullable=False),
        Column("records", Integer(), nullable=False),
        Column("detail", Text()),
        Column("occurred_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("audit_id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_updated_at", "audit_log", ["updated_at"])
    op.create_table(
        "campaigns",
        Column("campaign_id", String(100), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("name_zh", Text(), nullable=False),
        Column("name_en", Text(), nullable=False),
        Column("segment", String(100), nullable=False),
        Column("step", Integer(), nullable=False),
        Column("channels", Text(), nullable=False),
        Column("destinations", Text(), nullable=False),
        Column("purpose", String(40), nullable=False),
        Column("template", String(100), nullable=False),
        Column("holdout_percent", Float(), nullable=False),
        Column("cap_class", String(40), nullable=False),
        Column("priority", Integer(), nullable=False),
        Column("occurrence", String(20), nullable=False),
        Column("goal", String(40), nullable=False),
        Column("goal_window_days", Integer(), nullable=False),
        Column("is_active", Boolean(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("campaign_id", name="pk_campaigns"),
    )
    op.create_index("ix_campaigns_updated_at", "campaigns", ["updated_at"])
    op.create_table(
        "consents",
        Column("identifier_type", String(40), nullable=False),
        Column("identifier_token", String(200), nullable=False),
        Column("channel", String(20), nullable=False),
        Column("purpose", String(40), nullable=False),
        Column("granted", Boolean(), nullable=False),
        Column("source", Text(), nullable=False),
        Column("changed_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("identifier_type", "identifier_token", "channel", "purpose", name="pk_consents"),
    )
    op.create_index("ix_consents_identifier_token", "consents", ["identifier_token"])
    op.create_index("ix_consents_updated_at", "consents", ["updated_at"])
    op.create_table(
        "deliveries",
        Column("delivery_id", String(40), nullable=False),
        Column("dedupe_key", String(64), nullable=False),
        Column("campaign_id", String(100), nullable=False),
        Column("campaign_version", Integer(), nullable=False),
        Column("step", Integer(), nullable=False),
        Column("customer_id", String(100), nullable=False),
        Column("channel", String(20), nullable=False),
        Column("destination", String(100), nullable=False),
        Column("occurrence", String(40), nullable=False),
        Column("variant", String(40)),
        Column("identifier_type", String(40), nullable=False),
        Column("identifier_token", String(200), nullable=False),
        Column("identifier_cipher", Text()),
        Column("state", String(20), nullable=False),
        Column("reason", String(200)),
        Column("template", String(100), nullable=False),
        Column("fields", Text(), nullable=False),
        Column("purpose", String(40), nullable=False),
        Column("cap_class", String(40)),
        Column("priority", Integer(), nullable=False),
        Column("value_score", Float(), nullable=False),
        Column("publication_id", String(100), nullable=False),
        Column("as_of", Date(), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("batch_id", String(40)),
        Column("lease_owner", String(100)),
        Column("planned_at", DateTime(), nullable=False),
        Column("held_until", DateTime()),
        Column("next_attempt_at", DateTime()),
        Column("claimed_at", DateTime()),
        Column("slot_at", DateTime()),
        Column("accepted_at", DateTime()),
        Column("updated_at", DateTime(), nullable=False),
        CheckConstraint(f"state in ({_STATES})", name="ck_deliveries_state"),
        PrimaryKeyConstraint("delivery_id", name="pk_deliveries"),
        UniqueConstraint("dedupe_key", name="uq_deliveries_dedupe_key"),
    )
    op.create_index("ix_deliveries_batch_id", "deliveries", ["batch_id"])
    op.create_index(
        "ix_deliveries_claimed", "deliveries", ["destination"], sqlite_where=_IS_CLAIMED, postgresql_where=_IS_CLAIMED
    )
    op.create_index(
        "ix_deliveries_customer_id_slot_at",
        "deliveries",
        ["customer_id", "slot_at"],
        sqlite_where=_HAS_SLOT,
        postgresql_where=_HAS_SLOT,
    )
    op.create_index(
        "ix_deliveries_identifier_token",
        "deliveries",
        ["identifier_token"],
        sqlite_where=_HAS_SLOT,
        postgresql_where=_HAS_SLOT,
    )
    op.create_index("ix_deliveries_publication_id", "deliveries", ["publication_id"])
    op.create_index(
        "ix_deliveries_queue",
        "deliveries",
        ["destination", "publication_id", "priority", "value_score", "delivery_id"],
        sqlite_where=_IS_QUEUED,
        postgresql_where=_IS_QUEUED,
    )
    op.create_index("ix_deliveries_updated_at", "deliveries", ["updated_at"])
    op.create_table(
        "delivery_batches",
        Column("batch_id", String(40), nullable=False),
        Column("destination", String(100), nullable=False),
        Column("messages", Integer(), nullable=False),
        Column("as_of", Date(), nullable=False),
        Column("first_attempt_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("batch_id", name="pk_delivery_batches"),
    )
    op.create_index("ix_delivery_batches_updated_at", "delivery_batches", ["updated_at"])
    op.create_table(
        "destination_states",
        Column("destination", String(100), nullable=False),
        Column("fingerprint", String(64), nullable=False),
        Column("reason", String(200), nullable=False),
        Column("disabled_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("destination", name="pk_destination_states"),
    )
    op.create_index("ix_destination_states_updated_at", "destination_states", ["updated_at"])
    op.create_table(
        "identity_decisions",
        Column("decision_id", String(40), nullable=False),
        Column("decision", String(20), nullable=False),
        Column("left_profile_id", String(200), nullable=False),
        Column("right_profile_id", String(200), nullable=False),
        Column("reason", Text()),
        Column("decided_by", String(100), nullable=False),
        Column("is_active", Boolean(), nullable=False),
        Column("decided_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        CheckConstraint("decision in ('join', 'separate')", name="ck_identity_decisions_decision"),
        CheckConstraint("left_profile_id <> right_profile_id", name="ck_identity_decisions_two_profiles"),
        PrimaryKeyConstraint("decision_id", name="pk_identity_decisions"),
    )
    op.create_index("ix_identity_decisions_left_profile_id", "identity_decisions", ["left_profile_id"])
    op.create_index("ix_identity_decisions_right_profile_id", "identity_decisions", ["right_profile_id"])
    op.create_index("ix_identity_decisions_updated_at", "identity_decisions", ["updated_at"])
    op.create_table(
        "receipt_files",
        Column("file_id", String(64), nullable=False),
        Column("source_file", Text(), nullable=False),
        Column("bytes", BigInteger(), nullable=False),
        Column("lines", Integer(), nullable=False),
        Column("events", Integer(), nullable=False),
        Column("rejected", Integer(), nullable=False),
        Column("collected_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("file_id", name="pk_receipt_files"),
    )
    op.create_index("ix_receipt_files_updated_at", "receipt_files", ["updated_at"])
    op.create_table(
        "receipt_quarantine",
        Column("file_id", String(64), nullable=False),
        Column("line", Integer(), nullable=False),
        Column("source_file", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("row_cipher", Text(), nullable=False),
        Column("quarantined_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("file_id", "line", name="pk_receipt_quarantine"),
    )
    op.create_index("ix_receipt_quarantine_updated_at", "receipt_quarantine", ["updated_at"])
    op.create_table(
        "suppressions",
        Column("identifier_type", String(40), nullable=False),
        Column("identifier_token", String(200), nullable=False),
        Column("channel", String(20), nullable=False),
        Column("reason", String(200), nullable=False),
        Column("is_active", Boolean(), nullable=False),
        Column("created_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        PrimaryKeyConstraint("identifier_type", "identifier_token", "channel", name="pk_suppressions"),
    )
    op.create_index("ix_suppressions_identifier_token", "suppressions", ["identifier_token"])
    op.create_index("ix_suppressions_updated_at", "suppressions", ["updated_at"])
    op.create_table(
        "delivery_attempts",
        Column("delivery_id", String(40), nullable=False),
        Column("attempt", Integer(), nullable=False),
        Column("batch_id", String(40), nullable=False),
        Column("outcome", String(20), nullable=False),
        Column("reason", String(200)),
        Column("started_at", DateTime(), nullable=False),
        Column("finished_at", DateTime(), nullable=False),
        ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.delivery_id"], name="fk_delivery_attempts_delivery_id", ondelete="cascade"
        ),
        PrimaryKeyConstraint("delivery_id", "attempt", name="pk_delivery_attempts"),
    )
    op.create_table(
        "delivery_events",
        Column("event_id", String(200), nullable=False),
        Column("delivery_id", String(40), nullable=False),
        Column("event", String(20), nullable=False),
        Column("detail", Text()),
        Column("occurred_at", DateTime(), nullable=False),
        Column("received_at", DateTime(), nullable=False),
        Column("updated_at", DateTime(), nullable=False),
        ForeignKeyConstraint(["delivery_id"], ["deliveries.delivery_id"], name="fk_delivery_events_delivery_id"),
        PrimaryKeyConstraint("event_id", name="pk_delivery_events"),
    )
    op.create_index("ix_delivery_events_delivery_id", "delivery_events", ["delivery_id"])
    op.create_index("ix_delivery_events_updated_at", "delivery_events", ["updated_at"])
    op.create_table(
        "delivery_payloads",
        Column("delivery_id", String(40), nullable=False),
        Column("payload_cipher", Text(), nullable=False),
        ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.delivery_id"], name="fk_delivery_payloads_delivery_id", ondelete="cascade"
        ),
        PrimaryKeyConstraint("delivery_id", name="pk_delivery_payloads"),
    )
