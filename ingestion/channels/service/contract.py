"""Contract of the service desk: tickets as JSON lines.

Flow: landing/service/*.jsonl → raw_service → stg_service__* → feedback, interactions, profiles.
Read it alone: `guanxi run --channel service`.
"""

from ingestion.contract import Channel, Column, Table

CHANNEL = Channel(
    name="service",
    title_zh="客服",
    title_en="Service desk",
    description="Tickets from hotline, chat, e-mail and after-sales, JSON lines; a later line updates an earlier one.",
    freshness_hours=24,
    tables=[
        Table(
            name="tickets",
            pattern="tickets_*.jsonl",
            description="One state of one ticket a row.",
            key=["ticket_id"],
            columns={
                "ticket_id": "text",
                "customer_name": "name",
                "phone": "phone",
                "email": "email",
                "contact_channel": "text",
                "ticket_type": "text",
                "topic": "text",
                "severity": "text",
                "text": "free_text",
                "region": "text",
                "agent_id": "text",
                "satisfaction": Column("int", between=(1, 5)),
                "created_at": "timestamp",
                "first_response_at": "timestamp",
                "resolved_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
    ],
)
