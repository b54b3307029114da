"""A page says where its server is, whatever page it is and whatever stands in front of it."""

import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboards.base_address import BaseAddress, first_page

PAGE = "<html><head><title>x</title></head><body>" + "y" * 2000 + "</body></html>"


@pytest.fixture
def client():
    app = Starlette(
        routes=[
            Route("/overview/first", first_page),
            Route("/data", lambda _: JSONResponse({"html": "<head>"})),
            Route("/{rest:path}", lambda _: HTMLResponse(PAGE, headers={"etag": "1"})),
        ],
        middleware=[Middleware(BaseAddress, pages=["overview", "quality"]), Middleware(GZipMiddleware)],
    )
    return TestClient(app)


def test_a_page_carries_the_script_before_everything_else(client):
    told = client.get("/overview", headers={"accept": "text/html", "if-none-match": "1"})
    assert told.status_code == 200
    assert told.text.startswith("<html><head><script>window.__streamlit")
    assert told.text.endswith("</body></html>")
    assert int(told.headers["content-length"]) == len(told.content)
    assert "etag" not in told.headers
    assert "content-encoding" not in told.headers


def test_what_is_no_page_stays_as_it_is(client):
    assert client.get("/data", headers={"accept": "application/json"}).json() == {"html": "<head>"}


@pytest.mark.parametrize("query", ["", "?lang=en&grain=week"])
def test_the_first_page_has_a_name_too(client, query):
    told = client.get(f"/overview/first{query}", follow_redirects=False)
    assert told.status_code == 307
    assert told.headers["location"] == f"./{query}"


@pytest.mark.parametrize(
    ("path", "base"),
    [("/overview", "/"), ("/overview/", "/"), ("/", "/"), ("/crm/quality", "/crm/"), ("/other", "/other")],
)
def test_the_address_is_what_stands_before_the_name_of_the_page(client, path, base):
    script = client.get(path, headers={"accept": "text/html"}).text
    pattern = re.search(r'RegExp\("([^"]*)"\)', script)[1]
    assert re.sub(pattern, "", path) == base
