"""Contract of activities: registrations as CSV.

Flow: landing/activities/*.csv → raw_activities → stg_activities__* → feedback, interactions, profiles.
Read it alone: `guanxi run --channel activities`.
"""

from ingestion.contract import Channel, Column, Table

CHANNEL = Channel(
    name="activities",
    title_zh="活动",
    title_en="Activities",
    description="Registrations for events and votes, CSV exports of the activity tool; later rows win.",
    freshness_hours=24 * 7,
    tables=[
        Table(
            name="registrations",
            pattern="*.csv",
            description="One state of one registration a row.",
            key=["registration_id"],
            columns={
                "registration_id": "text",
                "activity_id": "text",
                "activity_name": "text",
                "activity_type": "text",
                "name": "name",
                "phone": "phone",
                "vote": "text",
                "score": Column("int", between=(1, 5)),
                "invited_at": "timestamp",
                "confirmed_at": "timestamp",
                "attended_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
    ],
)
