"""The app behind the wall, as `guanxi up` runs it: `streamlit run dashboards/server.py`."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from stores.redaction.log_handlers import redact_this_process
from stores.settings import load_settings
from stores.web_guard import WebGuard

redact_this_process()
app = App(Path(__file__).with_name("app.py"), middleware=[Middleware(WebGuard, hosts=load_settings().hosts)])
