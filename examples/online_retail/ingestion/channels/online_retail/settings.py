"""Contract of the retailer's export: every line of every invoice, as published."""

from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, Table

CHANNEL = Channel(
    name="online_retail",
    title_zh="网上礼品店",
    title_en="Online gift shop",
    description="Invoice lines 2009-12 to 2011-12; invoices that start with C are credit notes.",
    freshness_hours=24 * 365 * 100,  # a closed history, never late
    tables=[
        Table(
            name="lines",
            pattern="online_retail*.csv.gz",
            description="One line of an invoice. No key: the file repeats lines, and each of them was sold.",
            columns={
                "invoice": Column("text", "Invoice", required=True),
                "stock_code": Column("text", "StockCode"),
                "description": Column("text", "Description"),
                "quantity": Column("int", "Quantity", required=True),
                "invoiced_at": Column("timestamp", "InvoiceDate", required=True),
                "price": Column("decimal", "Price", scale=4, required=True),
                "customer_no": Column("text", "Customer ID"),
                "country": Column("text", "Country"),
            },
        )
    ],
)
