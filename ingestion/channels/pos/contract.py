"""Contract of the tills: customers, sales and sale lines in a SQL database.

Flow: [channels.pos] (SQL database) → raw_pos → stg_pos__* → consents, order_lines, orders, profiles.
Read it alone: `guanxi run --channel pos`.
"""

from ingestion.contract import Channel, Column, ConsentColumn, Table
from ingestion.sources.database import Database, DatabaseSettings

_MONEY = Column("decimal", scale=2)

CHANNEL = Channel(
    name="pos",
    title_zh="门店",
    title_en="Stores",
    description="The tills of the stores, a SQL database read by its updated_at columns.",
    freshness_hours=36,
    source=Database(default_url="sqlite:///{landing}/pos/pos.db"),
    settings_model=DatabaseSettings,
    tables=[
        Table(
            name="customers",
            description="Customers that a till knows.",
            key=["pos_customer_id"],
            cursor="updated_at",
            consents=[ConsentColumn("sms_opt_in", "phone", "phone", "sms")],
            columns={
                "pos_customer_id": "text",
                "name": "name",
                "phone": "phone",
                "gender": "text",
                "member_no": "text",
                "store_name": "text",
                "city": "text",
                "sms_opt_in": "bool",
                "registered_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="sales",
            description="Receipts; a refund is a row of its own with negative amounts that names the refunded sale.",
            key=["sale_id"],
            cursor="updated_at",
            columns={
                "sale_id": "text",
                "pos_customer_id": "text",
                "store_id": "text",
                "store_name": "text",
                "city": "text",
                "total_amount": Column("decimal", scale=2, required=True),
                "refund_of": "text",
                "sold_at": Column("timestamp", required=True),
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="sale_lines",
            description="Lines of the receipts.",
            key=["sale_id", "line_no"],
            cursor="updated_at",
            columns={
                "sale_id": "text",
                "line_no": "int",
                "sku": "text",
                "product_name": "text",
                "category": "text",
                "quantity": "int",
                "unit_price": Column("decimal", scale=4),
                "amount": _MONEY,
                "updated_at": "timestamp",
            },
        ),
    ],
)
