"""What the purchases of a customer consisted of."""

from __future__ import annotations

from serving.published_copy import PublishedCopy, Row


def of_customer(published: PublishedCopy, customer_id: str) -> dict[str, list[Row]]:
    """The lines of each purchase in the customer's timeline, by its id there; prices and amounts as they were sold."""
    found: dict[str, list[Row]] = {}
    for row in published.rows(
        """
        select
            order_id, line_no, sku, product_name, quantity, unit_price, discount_amount, amount, currency, order_amount
        from marts.customer_order_lines
        where customer_id = ?
        order by order_id, line_no
        """,
        [customer_id],
    ):
        found.setdefault(str(row["order_id"]), []).append(row)
    return found
