"""The app behind the wall, as `guanxi up` runs it: `streamlit run dashboards/server.py`."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App
from streamlit.watcher import polling_path_watcher

from stores.redaction.log_handlers import redact_this_process
from stores.settings import load_settings
from stores.web_guard import WebGuard

redact_this_process()
# Streamlit looks at its own settings files five times a second, which is most of what an idle app takes.
polling_path_watcher._POLLING_PERIOD_SECS = 10  # type: ignore[misc]
app = App(Path(__file__).with_name("app.py"), middleware=[Middleware(WebGuard, hosts=load_settings().hosts)])
