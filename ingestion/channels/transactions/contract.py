"""Contract of a list of purchases (交易流水): orders or order lines as a till, a shop or a spreadsheet wrote them out.

A line says whose it is, when it was, and for how much; the amount itself, or a quantity and the price of one. Lines of
one order number are one order; where there is no order number, lines of one customer and one moment are. Less than
nothing is money given back.

What no order comes to is refused: a slip of the keys would outweigh all others, or not fit an amount of money.

Flow: landing/transactions/*.csv → raw_transactions → stg_transactions__* → orders, order lines, profiles.
Read it alone: `guanxi run --channel transactions`.
"""

from ingestion.contract import Channel, Column, Table

_MOST = 1_000_000_000_000
_MOST_PIECES = 10_000_000
_MOST_PRICE = 1_000_000_000

FIELDS = {
    "customer_id": Column(
        "text",
        ["customer", "customer_no", "customer id", "customerid", "cust_id", "client_id", "user_id", "member_id",
         "buyer_id", "household_key", "客户编号", "客户ID", "客户号", "会员编号", "会员号", "会员ID",
         "用户ID", "顾客编号", "买家ID"],
    ),
    "order_id": Column(
        "text",
        ["order", "order_no", "order_number", "order id", "orderid", "invoice", "invoice_no", "invoice_number",
         "invoiceno", "transaction_id", "basket_id", "receipt", "receipt_no", "订单号", "订单编号", "单号", "交易号",
         "交易单号", "流水号", "小票号"],
    ),
    "ordered_at": Column(
        "timestamp",
        ["order_ts", "order_date", "date", "day", "datetime", "invoicedate", "invoice_date", "purchase_date",
         "purchased_at", "transaction_date", "timestamp", "time", "下单时间", "下单日期", "订单时间", "订单日期",
         "交易时间", "交易日期", "支付时间", "购买时间", "购买日期", "日期"],
        required=True,
    ),
    "amount": Column(
        "decimal",
        ["value", "total", "total_amount", "order_total", "order_amount", "sales", "sales_value", "revenue",
         "net_amount", "spend", "dollars", "金额", "总金额", "实付金额", "支付金额", "订单金额", "交易金额",
         "消费金额"],
        scale=4,
        between=(-_MOST, _MOST),
    ),
    "quantity": Column("decimal", ["qty", "units", "cds", "数量"], scale=4, between=(-_MOST_PIECES, _MOST_PIECES)),
    "unit_price": Column("decimal", ["price", "unitprice", "单价"], scale=4, between=(-_MOST_PRICE, _MOST_PRICE)),
    "item_id": Column(
        "text", ["item", "sku", "stockcode", "stock_code", "product_id", "article_id", "商品编号", "货号"]
    ),
    "item_name": Column("text", ["description", "product", "product_name", "商品名称", "品名"]),
    "category": Column("text", ["department", "product_category", "类目", "品类"]),
    "store": Column("text", ["store_id", "store_name", "shop", "门店"]),
    "country": Column("text", ["region", "国家", "地区"]),
    "currency": Column("text", ["currency_code", "币种"]),
}  # fmt: skip

CHANNEL = Channel(
    name="transactions",
    title_zh="交易流水",
    title_en="Lists of purchases",
    description="CSV lists of orders or order lines from anywhere, dropped into landing/transactions.",
    freshness_hours=24 * 366,
    tables=[
        Table(
            name="lines",
            description="Orders or order lines. No key: a list repeats lines, and each of them was sold.",
            pattern="*.csv",
            columns=FIELDS,
            nulls=("", "NULL", "null", "None", "NaN", "nan", "N/A", "n/a", "\\N"),
        ),
    ],
)
