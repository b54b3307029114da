"""Contract of surveys: answers as CSV in GBK with Chinese headers.

Flow: landing/surveys/*.csv → raw_surveys → stg_surveys__* → feedback, interactions, profiles.
Read it alone: `guanxi run --channel surveys`.
"""

from ingestion.contract import Channel, Column, Table

CHANNEL = Channel(
    name="surveys",
    title_zh="问卷",
    title_en="Surveys",
    description="Answers to satisfaction surveys, CSV exports of the survey tool (GBK).",
    freshness_hours=24 * 7,
    tables=[
        Table(
            name="responses",
            pattern="*.csv",
            description="One answered questionnaire a row.",
            key=["response_id"],
            columns={
                "response_id": Column("text", "问卷编号"),
                "survey_name": Column("text", "问卷"),
                "scene": Column("text", "场景"),
                "phone": Column("phone", "手机"),
                "nps": Column("int", "推荐分", between=(0, 10)),
                "csat": Column("int", "满意度", between=(1, 5)),
                "ces": Column("int", "费力度", between=(1, 7)),
                "comment": Column("free_text", "意见"),
                "is_anonymous": Column("bool", "匿名"),
                "region": Column("text", "地区"),
                "answered_at": Column("timestamp", "填写时间"),
            },
        ),
    ],
)
