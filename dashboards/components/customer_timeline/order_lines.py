"""What a purchase consisted of, below its entry in the timeline; the browser opens and closes it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dashboards.components.html import escape
from dashboards.components.i18n import number, t
from dashboards.components.money import money, money_in
from serving.published_copy import Row


def details(lines: Sequence[Row], refund: Any) -> str:
    """HTML that opens to the lines of one order, with what belongs to no line, the total and what was refunded.

    Args:
        lines: at least one: order_id, line_no, sku, product_name, quantity, unit_price, discount_amount, amount,
            currency, order_amount.
        refund: what the order gave back, negative, in the currency that is reported in; None where nothing is known.
    """
    first = lines[0]
    currency = first["currency"]
    drawn = [_line(row) for row in lines]
    other = first["order_amount"] - sum((row["amount"] for row in lines if row["amount"] is not None), Decimal(0))
    if other:
        drawn.append(_sum(t("order_lines.other" if other > 0 else "order_lines.reduction"), money_in(other, currency)))
    drawn.append(_sum(t("order_lines.total"), money_in(first["order_amount"], currency), "total"))
    if refund:
        drawn.append(_sum(t("order_lines.refunded"), money(refund)))
    number_of_order = str(first["order_id"]).partition(":")[2]
    return (
        f'<details class="gx-lines"><summary>{escape(t("order_lines.count", count=number(len(lines))))}</summary>'
        f"<small>{escape(t('order_lines.order', number=number_of_order))}</small>{''.join(drawn)}</details>"
    )


def _line(row: Row) -> str:
    """The product at the left, its amount at the right, below it article number, pieces, price and discount."""
    name = row["product_name"] or row["sku"] or t("order_lines.line", number=number(row["line_no"]))
    below = [str(row["sku"])] if row["product_name"] and row["sku"] else []
    if row["quantity"] is not None:
        price = row["unit_price"]
        shown = "" if price is None else f" × {money_in(price, row['currency'], is_exact=True)}"
        below.append(f"{number(row['quantity'])}{shown}")
    if row["discount_amount"]:
        below.append(t("order_lines.discount", amount=money_in(row["discount_amount"], row["currency"])))
    return (
        f"<div><span>{escape(name)}<small>{escape(' · '.join(below))}</small></span>"
        f"<b>{escape(money_in(row['amount'], row['currency']))}</b></div>"
    )


def _sum(name: str, amount: str, look: str = "") -> str:
    return f'<div class="{look or "sum"}"><span>{escape(name)}</span><b>{escape(amount)}</b></div>'
