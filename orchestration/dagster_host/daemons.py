"""Dagster's daemons (schedules, sensors, queue, back-fills, monitoring) as threads beside the UI."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from dagster import DagsterInstance
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin
from dagster._core.remote_representation.grpc_server_registry import GrpcServerRegistry, ServerRegistryEntry
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.auto_run_reexecution.event_log_consumer import DAGSTER_EVENT_TYPES, _create_cursor_key
from dagster._daemon.controller import DagsterDaemonController, create_daemons_from_instance

log = logging.getLogger(__name__)

_LOOK_SECONDS = 5


@contextmanager
def running_daemons(workspace: WorkspaceProcessContext, stop: Callable[[], None]) -> Iterator[list[str]]:
    """Run the daemons while the block runs; yields a list that gets an entry when one of them ended by itself.

    Args:
        workspace: what they work on, shared with the UI.
        stop: ends the block; called when a daemon ended, for a UI without schedules would look healthy.
    """
    failures: list[str] = []
    ended = threading.Event()
    begin_at_the_end(workspace.instance)
    with ExitStack() as stack:
        daemons = [stack.enter_context(daemon) for daemon in create_daemons_from_instance(workspace.instance)]
        controller = stack.enter_context(DagsterDaemonController(workspace, daemons))
        watch = threading.Thread(
            target=_watch, args=(controller, workspace, ended, failures, stop), name="daemon-watch", daemon=True
        )
        watch.start()
        stack.callback(ended.set)
        yield failures


def begin_at_the_end(instance: DagsterInstance) -> None:
    """Let the daemon that tries runs again begin behind what happened so far, as it would by itself with a warning."""
    keys = {_create_cursor_key(event_type) for event_type in DAGSTER_EVENT_TYPES}
    missing = keys - instance.daemon_cursor_storage.get_cursor_values(keys).keys()
    newest = str(instance.event_log_storage.get_maximum_record_id() or 0)
    if missing:
        instance.daemon_cursor_storage.set_cursor_values(dict.fromkeys(missing, newest))


def _watch(
    controller: DagsterDaemonController,
    workspace: WorkspaceProcessContext,
    ended: threading.Event,
    failures: list[str],
    stop: Callable[[], None],
) -> None:
    while not ended.wait(_LOOK_SECONDS):
        try:
            controller.check_daemon_threads()
        except Exception as failed:
            failures.append(str(failed))
            stop()
            return
        try:
            revive(workspace)
        except Exception:
            log.exception("The code server could not be started again")


def revive(workspace: WorkspaceProcessContext) -> list[str]:
    """Start code servers again whose process is gone (killed, or out of memory); their names.

    Args:
        workspace: whose code servers. One that only holds wrong definitions lives, and waits for a reload.
    """
    registry = workspace._grpc_server_registry
    assert isinstance(registry, GrpcServerRegistry)
    gone = []
    for name, entry in workspace.get_current_workspace().code_location_entries.items():
        assert isinstance(entry.origin, ManagedGrpcPythonEnvCodeLocationOrigin)
        server = registry.get_grpc_server_entry(entry.origin)
        if isinstance(server, ServerRegistryEntry) and server.process.server_process.poll() is not None:
            log.warning("The code server of %s has ended; it is started again", name)
            workspace.reload_code_location(name)
            gone.append(name)
    return gone
