"""What a page of the app shows, as its test sees it."""

import re
from html import unescape
from urllib.parse import parse_qsl

from streamlit.testing.v1 import AppTest

BUSY = "select customer_id from marts.customers order by net_revenue desc, customer_id limit 1"


def html(app: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(block.proto.body for block in app.get("html"))


def metrics(app: AppTest) -> dict[str, str]:
    """The figures of the page's cards, by what they are called."""
    return {metric.label: metric.value for metric in app.metric}


def member_count(app: AppTest) -> int:
    """The figure that the page says: how many messages where it is of messages, else how many members."""
    said = next(caption.value for caption in app.caption if "customers, by net revenue" in caption.value)
    return int(said.split()[0].replace(",", ""))


def member_links(app: AppTest) -> list[tuple[str, dict[str, str]]]:
    """Every way from the page to members: what it says, a share in its title, and what the address says."""
    pieces = re.findall(r'<a href="members\?([^"]*)"([^>]*)>(.*?)</a>', html(app))
    found = [
        (re.sub("<[^>]*>", "", title[0] if (title := re.findall('title="([^"]*)"', more)) else text), query)
        for query, more, text in pieces
    ]
    found = [(text, dict(parse_qsl(unescape(query)))) for text, query in found]
    pages = [(link.proto.label, dict(parse_qsl(link.proto.query_string))) for link in app.get("page_link")]
    return found + [(label, query) for label, query in pages if "of" in query]


def figure_in(text: str) -> int:
    """The number that a link shows: the first of its label, or the one behind its name."""
    return int(re.search(r"[\d,]*\d", text)[0].replace(",", ""))
