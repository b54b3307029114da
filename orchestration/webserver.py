"""The Dagster UI behind the wall: `python -m orchestration.webserver` takes the options of `dagster-webserver`."""

from __future__ import annotations

import dagster_webserver.app
from dagster_webserver.cli import main
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from stores.own_pages import OwnPages
from stores.process_logs import redact_this_process
from stores.settings import load_settings


class GuardedWebserver(DagsterWebserver):
    """Dagster's own, answering only its own pages."""

    def build_middleware(self) -> list[Middleware]:
        """The wall first, then what Dagster has."""
        return [Middleware(OwnPages, hosts=load_settings().hosts), *super().build_middleware()]


if __name__ == "__main__":
    redact_this_process()
    dagster_webserver.app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]  # the CLI has no other way in
    main()
