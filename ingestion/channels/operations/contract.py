"""Contract of the operations store read back: what people and tools did; no personal data in clear is in it.

Flow: the home's own operations store → raw_operations → stg_operations__* → consents, suppressions, deliveries.
Every run reads it.
"""

from pydantic import Field

from ingestion.channels.operations.journey_tables import JOURNEY_TABLES
from ingestion.contract import Channel, Column, Table
from ingestion.sources.database import OWN_STORE, Database, DatabaseSettings


class OperationsSettings(DatabaseSettings):
    """Section `[channels.operations]`: its rows are committed within moments, so a short look-back is enough."""

    lookback_seconds: float | None = Field(
        300, ge=0, description="read this far back for rows that were committed late"
    )


CHANNEL = Channel(
    name="operations",
    title_zh="营销触达",
    title_en="Campaigns",
    description="What people and tools did: campaigns, deliveries, receipts, suppressions, consents, identities.",
    freshness_hours=48,
    source=Database(default_url=OWN_STORE, holds_utc=True),
    settings_model=OperationsSettings,
    tables=[
        Table(
            name="campaigns",
            description="Registered versions of the campaigns.",
            key=["campaign_id", "version"],
            cursor="updated_at",
            columns={
                "campaign_id": "text",
                "kind": "text",
                "version": "int",
                "name_zh": "text",
                "name_en": "text",
                "segment": "text",
                "purpose": "text",
                "holdout_percent": "double",
                "cap_class": "text",
                "priority": "int",
                "occurrence": "text",
                "goal": "text",
                "goal_window_days": "int",
                "is_active": "bool",
                "status": "text",
                "owner": "text",
                "expected_value": "double",
                "budget": "double",
                "total_budget": "double",
                "daily_limit": "int",
                "starts_on": "date",
                "ends_on": "date",
                "weekdays": "text",
                "offer_ends_on": "date",
                "offer_stock": "int",
                "offer_cost": "double",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="campaign_audience",
            description="Segments and tags that the campaigns' versions go to, or leave out.",
            key=["campaign_id", "version", "side", "kind", "name"],
            cursor="updated_at",
            columns={
                "campaign_id": "text",
                "version": "int",
                "side": "text",
                "kind": "text",
                "name": "text",
                "is_active": "bool",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="campaign_steps",
            description="Steps of the campaigns' versions; one that left the file is inactive.",
            key=["campaign_id", "version", "step"],
            cursor="updated_at",
            columns={
                "campaign_id": "text",
                "version": "int",
                "step": "int",
                "name": "text",
                "template": "text",
                "wait_days": "int",
                "is_active": "bool",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="campaign_channels",
            description="Message channels of the steps, in order of preference; one that left the file is inactive.",
            key=["campaign_id", "version", "step", "channel"],
            cursor="updated_at",
            columns={
                "campaign_id": "text",
                "version": "int",
                "step": "int",
                "channel": "text",
                "position": "int",
                "destination": "text",
                "is_active": "bool",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="campaign_variants",
            description="Variants of the campaigns' versions; one that left the file is inactive.",
            key=["campaign_id", "version", "variant"],
            cursor="updated_at",
            columns={
                "campaign_id": "text",
                "version": "int",
                "variant": "text",
                "weight": "int",
                "is_active": "bool",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="campaign_fields",
            description="Fields of the customer that the texts of the campaigns' versions cannot do without.",
            key=["campaign_id", "version", "step", "channel", "variant", "field"],
            cursor="updated_at",
            columns={
                "campaign_id": "text",
                "version": "int",
                "step": "int",
                "channel": "text",
                "variant": "text",
                "field": "text",
                "is_active": "bool",
                "updated_at": "timestamp",
            },
        ),
        *JOURNEY_TABLES,
        Table(
            name="deliveries",
            description="The delivery ledger: one message to one customer.",
            key=["delivery_id"],
            cursor="updated_at",
            columns={
                "delivery_id": "text",
                "dedupe_key": "text",
                "campaign_id": "text",
                "campaign_version": "int",
                "step": "int",
                "customer_id": "text",
                "channel": "text",
                "destination": "text",
                "occurrence": "text",
                "variant": "text",
                "identifier_token": "text",
                "state": "text",
                "reason": "text",
                "planned_at": "timestamp",
                "accepted_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="delivery_events",
            description="What the messaging tools reported about a delivery.",
            key=["event_id"],
            cursor="updated_at",
            columns={
                "event_id": "text",
                "delivery_id": "text",
                "event": "text",
                "detail": "text",
                "occurred_at": "timestamp",
                "received_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="suppressions",
            description="Identifiers that must not be contacted, on one channel or on all (*).",
            key=["identifier_type", "identifier_token", "channel"],
            cursor="updated_at",
            columns={
                "identifier_type": "text",
                "identifier_token": "text",
                "channel": "text",
                "reason": "text",
                "is_active": "bool",
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="consents",
            description="Consent by identifier, channel and purpose.",
            key=["identifier_type", "identifier_token", "channel", "purpose"],
            cursor="updated_at",
            columns={
                "identifier_type": "text",
                "identifier_token": "text",
                "channel": "text",
                "purpose": "text",
                "granted": Column("bool"),
                "source": "text",
                "changed_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="identity_decisions",
            description="Stewards' decisions: two source profiles are, or are not, the same person.",
            key=["decision_id"],
            cursor="updated_at",
            columns={
                "decision_id": "text",
                "decision": "text",
                "left_profile_id": "text",
                "right_profile_id": "text",
                "reason": "text",
                "decided_by": "text",
                "is_active": "bool",
                "decided_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
    ],
)
