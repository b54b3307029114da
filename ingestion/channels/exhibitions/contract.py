"""Contract of exhibitions: leads as Excel workbooks with Chinese headers.

Flow: landing/exhibitions/*.xlsx → raw_exhibitions → stg_exhibitions__* → consents, interactions, profiles.
Read it alone: `guanxi run --channel exhibitions`.
"""

from ingestion.contract import Channel, Column, ConsentColumn, Table

CHANNEL = Channel(
    name="exhibitions",
    title_zh="展会",
    title_en="Exhibitions",
    description="Leads that visitors of a stand left, one Excel workbook an exhibition.",
    freshness_hours=24 * 90,
    tables=[
        Table(
            name="leads",
            pattern="*.xlsx",
            description="One lead a row.",
            key=["lead_no"],
            consents=[ConsentColumn("sms_opt_in", "phone", "phone", "sms")],
            columns={
                "lead_no": Column("text", "编号"),
                "name": Column("name", "姓名"),
                "phone": Column("phone", ("手机", "手机号")),
                "email": Column("email", "邮箱"),
                "company": Column("text", "公司"),
                "job_title": Column("text", "职位"),
                "city": Column("text", "城市"),
                "interest": Column("text", "感兴趣产品"),
                "sms_opt_in": Column("bool", "同意接收短信"),
                "expo_name": Column("text", "展会"),
                "registered_at": Column("timestamp", "登记时间"),
            },
        ),
    ],
)
