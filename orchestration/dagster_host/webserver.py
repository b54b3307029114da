"""The Dagster UI under its own name only."""

from __future__ import annotations

from typing import Any

from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from stores.settings import load_settings
from stores.web_guard import WebGuard


class GuardedWebserver(DagsterWebserver[Any, Any]):
    """Dagster's own, answering only its own pages."""

    def build_middleware(self) -> list[Middleware]:
        """The wall first, then what Dagster has."""
        return [Middleware(WebGuard, hosts=load_settings().hosts), *super().build_middleware()]
