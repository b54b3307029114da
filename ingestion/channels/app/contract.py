"""Contract of the app: users and events as Parquet files.

Flow: landing/app/*.parquet → raw_app → stg_app__* → consents, interactions, logins, profiles.
Read it alone: `guanxi run --channel app`.
"""

from ingestion.contract import Channel, Column, ConsentColumn, Table

CHANNEL = Channel(
    name="app",
    title_zh="App",
    title_en="App",
    description="Users and events of the mobile app, Parquet files from its analytics backend.",
    freshness_hours=48,
    tables=[
        Table(
            name="users",
            pattern="app_users_*.parquet",
            description="Registered app users; later rows update earlier ones.",
            key=["app_user_id"],
            consents=[ConsentColumn("push_opt_in", "app_user_id", "app_user_id", "app_push")],
            columns={
                "app_user_id": "text",
                "device_id": "text",
                "phone": "phone",
                "name": "name",
                "push_opt_in": "bool",
                "registered_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="events",
            pattern="app_events_*.parquet",
            description="What users did: open, view, cart, purchase_click, share, push_open.",
            key=["event_id"],
            columns={
                "event_id": "text",
                "app_user_id": "text",
                "device_id": "text",
                "event_name": Column("text", required=True),
                "page": "text",
                "sku": "text",
                "category": "text",
                "occurred_at": Column("timestamp", required=True),
            },
        ),
    ],
)
