"""Contract of the bookshop: customers with what they agreed to, and their orders, as CSV."""

from ingestion.contract import Channel, Column, ConsentColumn, Table

CHANNEL = Channel(
    name="bookshop",
    title_zh="书店",
    title_en="Bookshop",
    tables=[
        Table(
            name="customers",
            pattern="customers*.csv",
            key=["customer_no"],
            # Who says no here gets nothing, also between plan and sending.
            consents=[
                ConsentColumn("sms_opt_in", "phone", "phone", "sms"),
                ConsentColumn("email_opt_in", "email", "email", "email"),
            ],
            columns={
                "customer_no": Column("text", "Customer", required=True),
                "name": Column("name", "Name"),
                "phone": Column("phone", "Mobile"),
                "email": Column("email", "E-mail"),
                "sms_opt_in": Column("bool", "SMS ok"),
                "email_opt_in": Column("bool", "E-mail ok"),
                "registered_at": Column("timestamp", "Since", required=True),
            },
        ),
        Table(
            name="sales",
            pattern="orders*.csv",
            key=["order_no"],
            columns={
                "order_no": Column("text", "Order", required=True),
                "customer_no": Column("text", "Customer"),
                "total": Column("decimal", "Total", scale=2, required=True),
                "ordered_at": Column("timestamp", "Date", required=True),
            },
        ),
    ],
)
