"""Contract of the online shop: customers, orders and order lines from its REST API.

Flow: [channels.shop] (REST API) → raw_shop → stg_shop__* → consents, order_lines, orders, profiles.
Read it alone: `guanxi run --channel shop`.
"""

from ingestion.channels.shop.rest_api import ShopApi, ShopSettings, order_lines
from ingestion.contract import Channel, Column, ConsentColumn, Table

_MONEY = Column("decimal", scale=2)
_REQUIRED_MONEY = Column("decimal", scale=2, required=True)

CHANNEL = Channel(
    name="shop",
    title_zh="网上商城",
    title_en="Online shop",
    description="The online shop, a REST API with pages and an updated_since cursor.",
    freshness_hours=36,
    source=ShopApi(),
    settings_model=ShopSettings,
    tables=[
        Table(
            name="customers",
            description="Shop accounts.",
            key=["customer_id"],
            cursor="updated_at",
            consents=[
                ConsentColumn("sms_opt_in", "mobile", "phone", "sms"),
                ConsentColumn("email_opt_in", "email", "email", "email"),
            ],
            columns={
                "customer_id": "text",
                "name": "name",
                "mobile": "phone",
                "email": "email",
                "gender": "text",
                "birthday": "date",
                "province": "text",
                "city": "text",
                "address": "address",
                "sms_opt_in": "bool",
                "email_opt_in": "bool",
                "is_test": "bool",
                "registered_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="orders",
            description="Orders with their latest status; what its words mean are rows of the seed order_status_words.",
            key=["order_id"],
            cursor="updated_at",
            columns={
                "order_id": "text",
                "customer_id": "text",
                "status": "text",
                "currency": "text",
                "coupon_code": "text",
                "total_amount": _REQUIRED_MONEY,
                "refund_amount": _MONEY,
                "created_at": Column("timestamp", required=True),
                "paid_at": "timestamp",
                "refunded_at": "timestamp",
                "updated_at": "timestamp",
            },
        ),
        Table(
            name="order_lines",
            description="Lines of the orders, taken out of the order documents.",
            key=["order_id", "line_no"],
            cursor="updated_at",
            document="order_id",
            records=order_lines,
            columns={
                "order_id": "text",
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
