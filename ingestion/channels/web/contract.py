"""Contract of the website: events as JSON lines.

Flow: landing/web/*.jsonl → raw_web → stg_web__* → interactions, logins, profiles.
Read it alone: `guanxi run --channel web`.
"""

from ingestion.contract import Channel, Column, Table

CHANNEL = Channel(
    name="web",
    title_zh="网站",
    title_en="Website",
    description="What visitors did on the website, JSON lines by day.",
    freshness_hours=48,
    tables=[
        Table(
            name="events",
            pattern="web_events_*.jsonl",
            description="Events view, search, cart, checkout; the customer id is there when the visitor is signed in.",
            key=["event_id"],
            columns={
                "event_id": "text",
                "cookie_id": "text",
                "shop_customer_id": "text",
                "event_name": Column("text", required=True),
                "url": "text",
                "referrer": "text",
                "sku": "text",
                "category": "text",
                "occurred_at": Column("timestamp", required=True),
            },
        ),
    ],
)
