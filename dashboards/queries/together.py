"""Questions that cost a command each are asked at the same time, so that a page waits for the slowest only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from stores.errors import UserError


def together(*questions: Callable[[], object]) -> None:
    """Ask all of them; each keeps its own answer, and whoever wants it asks again.

    Args:
        questions: whose answers are kept. One that is refused is told by whoever asks again.
    """
    page = get_script_run_ctx()

    def ask(question: Callable[[], object]) -> None:
        add_script_run_ctx(threading.current_thread(), page)
        with suppress(UserError):
            question()

    with ThreadPoolExecutor(len(questions)) as pool:
        list(pool.map(ask, questions))
