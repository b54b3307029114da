"""Contract of the marketplace's export: five CSV files that name each other's rows."""

from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, Table

_MONEY = Column("decimal", scale=2, required=True)

CHANNEL = Channel(
    name="olist",
    title_zh="巴西电商平台",
    title_en="Marketplace in Brazil",
    description="Customers, orders, items, payments and reviews of a marketplace, CSV exports.",
    freshness_hours=24 * 366,
    tables=[
        Table(
            name="customers",
            pattern="olist_customers*.csv",
            description="The address of each order; customer_unique_id is the person.",
            key=["customer_id"],
            columns={
                "customer_id": "text",
                "customer_unique_id": Column("text", required=True),
                "postcode": Column("text", "customer_zip_code_prefix"),
                "city": Column("text", "customer_city"),
                "state": Column("text", "customer_state"),
            },
        ),
        Table(
            name="orders",
            pattern="olist_orders*.csv",
            description="One order a row, with its status when the export was made.",
            key=["order_id"],
            columns={
                "order_id": "text",
                "customer_id": Column("text", required=True),
                "status": Column("text", "order_status"),
                "purchased_at": Column("timestamp", "order_purchase_timestamp", required=True),
                "approved_at": Column("timestamp", "order_approved_at"),
                "shipped_at": Column("timestamp", "order_delivered_carrier_date"),
                "delivered_at": Column("timestamp", "order_delivered_customer_date"),
                "promised_at": Column("timestamp", "order_estimated_delivery_date"),
            },
        ),
        Table(
            name="items",
            pattern="olist_order_items*.csv",
            description="What an order holds, one piece a row.",
            key=["order_id", "line_no"],
            columns={
                "order_id": "text",
                "line_no": Column("int", "order_item_id"),
                "product_id": "text",
                "seller_id": "text",
                "ship_by": Column("timestamp", "shipping_limit_date"),
                "price": _MONEY,
                "freight": Column("decimal", "freight_value", scale=2),
            },
        ),
        Table(
            name="payments",
            pattern="olist_order_payments*.csv",
            description="How an order was paid, one payment a row.",
            key=["order_id", "payment_no"],
            columns={
                "order_id": "text",
                "payment_no": Column("int", "payment_sequential"),
                "payment_type": "text",
                "instalments": Column("int", "payment_installments"),
                "amount": Column("decimal", "payment_value", scale=2, required=True),
            },
        ),
        Table(
            name="reviews",
            pattern="olist_order_reviews*.csv",
            description="What buyers said of an order; texts run over several lines.",
            key=["review_id", "order_id"],
            columns={
                "review_id": "text",
                "order_id": "text",
                "score": Column("int", "review_score", between=(1, 5)),
                "title": Column("free_text", "review_comment_title"),
                "text": Column("free_text", "review_comment_message"),
                "asked_at": Column("timestamp", "review_creation_date"),
                "answered_at": Column("timestamp", "review_answer_timestamp"),
            },
        ),
    ],
)
