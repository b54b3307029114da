"""Contract of the loyalty programme: members and points in a SQL database.

Flow: [channels.loyalty] (SQL database) → raw_loyalty → stg_loyalty__* → consents, interactions, profiles.
Read it alone: `guanxi run --channel loyalty`.
"""

from ingestion.contract import Channel, ConsentColumn, Table
from ingestion.sources.database import Database, DatabaseSettings

CHANNEL = Channel(
    name="loyalty",
    title_zh="会员",
    title_en="Loyalty",
    description="Members and their points ledger, a SQL database read by its updated_at columns.",
    freshness_hours=36,
    source=Database(default_url="sqlite:///{landing}/loyalty/loyalty.db"),
    settings_model=DatabaseSettings,
    tables=[
        Table(
            name="members",
            description="Members with their level and consent.",
            key=["member_no"],
            cursor="updated_at",
            consents=[ConsentColumn("sms_opt_in", "phone", "phone", "sms")],
            columns={
                "member_no": "text",
                "name": "name",
                "phone": "phone",
                "email": "email",
                "id_number": "id_number",
                "level": "text",
                "birthday": "date",
                "sms_opt_in": "bool",
                "joined_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="points",
            description="Points earned, spent, expired and taken back.",
            key=["entry_id"],
            cursor="updated_at",
            columns={
                "entry_id": "text",
                "member_no": "text",
                "kind": "text",
                "points": "int",
                "order_id": "text",
                "reason": "text",
                "occurred_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
    ],
)
