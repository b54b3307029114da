"""The operations store: what people and tools did, kept transactionally.

Campaigns, the delivery ledger, consent, suppression, receipts, stewards' identity decisions and the audit log. SQLite
(WAL) by default, PostgreSQL when `operations_url` says so; the same code runs on both. Every time in it is a naive
UTC timestamp; the `operations` channel turns them into business time when it reads the store back.

`engine(settings)` opens it and brings its tables up to date; `reading` and `writing` are the two ways to use it.
"""

from stores.operations.approvals import (
    approve_plan,
    campaign_approvals,
    decide_campaign,
    forget_second_approvals,
    second_approvals,
)
from stores.operations.audit import audit_log, record_access
from stores.operations.campaigns import (
    campaign_audience,
    campaign_channels,
    campaign_fields,
    campaign_steps,
    campaign_variants,
    campaigns,
)
from stores.operations.contact_permissions import consents, record_consents, suppress, suppressions
from stores.operations.deliveries import (
    CLAIMED_STATES,
    WAITING_STATES,
    deliveries,
    delivery_attempts,
    delivery_batches,
    delivery_payloads,
    destination_states,
)
from stores.operations.identity_decisions import (
    Decided,
    Decision,
    Undone,
    decide,
    find_decision,
    held_together,
    identity_decisions,
    list_decisions,
    undo,
)
from stores.operations.journeys import (
    JOURNEY_TABLES,
    journey_arms,
    journey_exclusions,
    journey_exits,
    journey_steps,
    journeys,
)
from stores.operations.operations_engine import engine, engine_to_read, exists, reading, writing
from stores.operations.receipts import delivery_events, event_digest, receipt_effects, receipt_files, receipt_quarantine
from stores.operations.store_record import (
    RECORD,
    StoreLost,
    StoreRecord,
    accept_store,
    lost_store_tolerated,
    store_records,
    write_record,
)
from stores.operations.table_base import insert, metadata, utc
from stores.operations.test_messages import test_messages, tests_among
from stores.operations.token_keys import key_records, read_key_record, write_key_record

__all__ = [
    "CLAIMED_STATES",
    "JOURNEY_TABLES",
    "RECORD",
    "WAITING_STATES",
    "Decided",
    "Decision",
    "StoreLost",
    "StoreRecord",
    "Undone",
    "accept_store",
    "approve_plan",
    "audit_log",
    "campaign_approvals",
    "campaign_audience",
    "campaign_channels",
    "campaign_fields",
    "campaign_steps",
    "campaign_variants",
    "campaigns",
    "consents",
    "decide",
    "decide_campaign",
    "deliveries",
    "delivery_attempts",
    "delivery_batches",
    "delivery_events",
    "delivery_payloads",
    "destination_states",
    "engine",
    "engine_to_read",
    "event_digest",
    "exists",
    "find_decision",
    "forget_second_approvals",
    "held_together",
    "identity_decisions",
    "insert",
    "journey_arms",
    "journey_exclusions",
    "journey_exits",
    "journey_steps",
    "journeys",
    "key_records",
    "list_decisions",
    "lost_store_tolerated",
    "metadata",
    "read_key_record",
    "reading",
    "receipt_effects",
    "receipt_files",
    "receipt_quarantine",
    "record_access",
    "record_consents",
    "second_approvals",
    "store_records",
    "suppress",
    "suppressions",
    "test_messages",
    "tests_among",
    "undo",
    "utc",
    "write_key_record",
    "write_record",
    "writing",
]
