"""The Dagster UI under its own name only, with two pages for monitoring: `/healthz` and `/metrics`."""

from __future__ import annotations

from typing import Any

from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Route

from orchestration.health.checks import OK, health
from orchestration.health.metric import CONTENT_TYPE, as_text
from stores.settings import load_settings
from stores.web_guard import WebGuard


class GuardedWebserver(DagsterWebserver[Any, Any]):
    """Dagster's own, answering only its own pages."""

    def build_middleware(self) -> list[Middleware]:
        """The wall first, then what Dagster has."""
        return [Middleware(WebGuard, hosts=load_settings().hosts), *super().build_middleware()]

    def build_routes(self) -> list[BaseRoute]:
        """The pages for monitoring, then Dagster's own, of which the last takes every address."""
        own = [Route("/healthz", self.health_endpoint), Route("/metrics", self.metrics_endpoint)]
        return [*own, *super().build_routes()]

    def health_endpoint(self, _request: Request) -> JSONResponse:
        """200 where every part is well, else 503; which one is not."""
        parts = health(load_settings(), self._process_context)
        is_well = all(word == OK for word in parts.values())
        return JSONResponse({"status": OK if is_well else "failing", **parts}, status_code=200 if is_well else 503)

    def metrics_endpoint(self, _request: Request) -> PlainTextResponse:
        """Everything that `orchestration.health.metrics` counts."""
        # here, because nobody may ever ask, and what it reads with takes memory
        from orchestration.health.metrics import metrics

        return PlainTextResponse(as_text(metrics(load_settings())), media_type=CONTENT_TYPE)
