"""Looks at pages before any reader does: what a page asks is kept, so that the first reader need not wait for it.

It happens when the app starts and after each publication, in the background, for the pages whose header says
`"prepared": True`. A page is run as for a reader who has chosen nothing; what it draws is thrown away.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

from streamlit.runtime import Runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from dashboards.navigation import discover
from dashboards.queries import published_copy
from stores.errors import UserError

log = logging.getLogger(__name__)
_APP = str(Path(__file__).with_name("app.py"))
_SECONDS_BETWEEN = 10.0
_SECONDS_OF_START = 0.1
_SECONDS_OF_PAGE = 300.0


def start() -> None:
    """Begin to look, in the background, as long as this process lives."""
    threading.Thread(target=_watch, name="first-looks", daemon=True).start()


def look() -> list[str]:
    """Look at every page that is to be prepared; their paths in the address."""
    state, pages = (
        SafeSessionState(SessionState(), lambda: None),
        PagesManager(_APP, ScriptCache(), setup_watcher=False),
    )
    looked = []
    for header in discover():
        if header.prepared:
            # the first run, of the page where the app opens, says which other pages there are
            known = {str(page.get("url_pathname")): code for code, page in pages.get_pages().items()}
            LocalScriptRunner(_APP, state, pages).run(
                timeout=_SECONDS_OF_PAGE, page_hash=known.get(header.path.stem, "")
            )
            looked.append(header.path.stem)
    return looked


def _watch() -> None:
    seen = ""
    while True:
        while not Runtime.exists():
            time.sleep(_SECONDS_OF_START)
        with suppress(UserError):
            current = str(published_copy.publication().path)
            if current != seen:
                seen = current
                try:
                    look()
                except Exception:  # a reader will be told what is wrong; here nobody would read it
                    log.exception("A page could not be prepared for its first reader.")
        time.sleep(_SECONDS_BETWEEN)
