"""The app behind the wall, as `guanxi up` runs it: `streamlit run dashboards/server.py`."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.starlette import App

from dashboards import first_looks
from dashboards.base_address import BaseAddress, first_page
from dashboards.dbt_docs_site import dbt_docs
from dashboards.navigation import discover
from stores.redaction.log_handlers import redact_this_process
from stores.settings import load_settings
from stores.web_guard import WebGuard

redact_this_process()
_PAGES = [header.path.stem for header in discover()]
app = App(
    Path(__file__).with_name("app.py"),
    routes=[Route("/dbt-docs/{name}", dbt_docs), Route(f"/{_PAGES[0]}", first_page)],
    middleware=[Middleware(WebGuard, hosts=load_settings().hosts), Middleware(BaseAddress, pages=_PAGES)],
)
first_looks.start()
