"""What a page of the app shows, as its test sees it."""

from streamlit.testing.v1 import AppTest

BUSY = "select customer_id from marts.customers order by net_revenue desc, customer_id limit 1"


def html(app: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(block.proto.body for block in app.get("html"))


def metrics(app: AppTest) -> dict[str, str]:
    """The figures of the page's cards, by what they are called."""
    return {metric.label: metric.value for metric in app.metric}
