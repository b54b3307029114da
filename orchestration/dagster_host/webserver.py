"""The Dagster UI under its own name only: `python -m orchestration.dagster_host.webserver`, with its options."""

from __future__ import annotations

import dagster_webserver.app
from dagster_webserver.cli import main
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from stores.redaction.log_handlers import redact_this_process
from stores.settings import load_settings
from stores.web_guard import WebGuard


class GuardedWebserver(DagsterWebserver):
    """Dagster's own, answering only its own pages."""

    def build_middleware(self) -> list[Middleware]:
        """The wall first, then what Dagster has."""
        return [Middleware(WebGuard, hosts=load_settings().hosts), *super().build_middleware()]


if __name__ == "__main__":
    redact_this_process()
    dagster_webserver.app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]  # the CLI has no other way in
    main()
