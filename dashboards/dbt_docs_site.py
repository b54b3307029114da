"""Serves dbt's own documentation beside the app, where `guanxi dbt docs generate` has made it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse

from dashboards.queries import model_docs


def dbt_docs(request: Request) -> FileResponse:
    """A file of the generated site; no other file of its folder."""
    name, folder = request.path_params["name"], model_docs.site()
    if folder is None or name not in model_docs.SITE_FILES:
        raise HTTPException(404)
    return FileResponse(folder / name)
