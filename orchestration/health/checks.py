"""Is it healthy? One word for each part that has to work."""

from __future__ import annotations

import logging
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import sqlalchemy as sa
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.daemon import DAEMON_HEARTBEAT_ERROR_LIMIT

from stores import operations
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import current_publication

log = logging.getLogger(__name__)

OK, FAILING = "ok", "failing"
_APP_SECONDS = 5


def health(settings: Settings, workspace: WorkspaceProcessContext) -> dict[str, str]:
    """`ok` or `failing` for each part that has to work.

    What exactly fails is in the log and in the UI, not here: whoever asks may be anybody on this machine.

    Args:
        settings: the installation.
        workspace: of the Dagster that is asked.
    """
    parts = {
        "app": _app_answers(settings),
        "daemons": _daemons_work(workspace.instance),
        "data_folder": settings.home.is_dir(),
        "definitions": all(
            entry.code_location is not None
            for entry in workspace.get_current_workspace().code_location_entries.values()
        ),
        "operations_store": _store_is_there(settings),
        "publication": _pointer_is_whole(settings),
    }
    return {name: OK if is_well else FAILING for name, is_well in parts.items()}


def _daemons_work(instance: DagsterInstance) -> bool:
    """Whether each has given a sign of life, and none of them fails again and again.

    A heartbeat brings the errors of the last five minutes, as many as Dagster keeps; one alone may be a reload.
    """
    statuses = instance.get_daemon_statuses().values()
    errors = [one.last_heartbeat.errors or [] for one in statuses if one.last_heartbeat]
    return all(one.healthy for one in statuses) and all(len(one) < DAEMON_HEARTBEAT_ERROR_LIMIT for one in errors)


def _app_answers(settings: Settings) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", settings.ports.app, timeout=_APP_SECONDS)) as app:
            app.request("GET", "/_stcore/health")
            return app.getresponse().status == 200
    except (OSError, HTTPException):
        return False


def _store_is_there(settings: Settings) -> bool:
    """Whether the operations store can be read, or none was made yet: without it nothing is sent."""
    if not operations.exists(settings):
        return True
    try:
        with operations.reading(operations.engine(settings)):
            return True
    except (UserError, OSError, sa.exc.SQLAlchemyError) as broken:
        log.warning("The operations store cannot be used: %s", broken)
        return False


def _pointer_is_whole(settings: Settings) -> bool:
    """Whether readers find a publication, or none was made yet."""
    try:
        current_publication(settings)
    except (UserError, OSError) as broken:
        log.warning("The publication cannot be read: %s", broken)
        return False
    return True
