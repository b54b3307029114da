"""The Dagster UI and its daemons in one process: `python -m orchestration.dagster_host.host` with its options.

Dagster's own commands are two processes, each with a code server, and the daemon's starts a fresh one every minute.
Here both share one workspace: one code server loads the definitions, once, and what **Reload definitions** loads holds
for schedules and sensors at once.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import uvicorn
from dagster import DagsterInstance
from dagster._core.nux import set_nux_seen
from dagster._core.remote_representation.grpc_server_registry import GrpcServerRegistry
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget, WorkspaceFileTarget
from dagster._grpc.constants import GrpcServerCommand
from dagster._utils.log import configure_loggers
from dagster_webserver.version import __version__

from orchestration.dagster_host.daemons import running_daemons
from orchestration.dagster_host.webserver import GuardedWebserver
from stores.private_files import keep_private
from stores.redaction.log_handlers import redact_this_process

# Without a sign of life from here for so long, the code server ends itself.
_ORPHANED_SECONDS = 30
# A browser may keep a connection open for ever; Ctrl-C does not wait for it.
_GOODBYE_SECONDS = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the UI and run the daemons until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.dagster_host.host")
    parser.add_argument("--workspace", help="the workspace file; none: no definitions")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    configure_loggers(log_level="INFO")
    set_nux_seen()  # the UI's invitation to a mailing list
    # An error of the definitions is shown in the UI; Dagster would write it here as a warning with its source line.
    warnings.filterwarnings("ignore", message="Error loading repository location")
    with DagsterInstance.get() as instance, _workspace(instance, chosen.workspace) as workspace:
        server = uvicorn.Server(
            uvicorn.Config(
                GuardedWebserver(workspace).create_asgi_app(),
                host=chosen.host,
                port=chosen.port,
                log_level="warning",
                timeout_graceful_shutdown=_GOODBYE_SECONDS,
            )
        )
        stop = partial(setattr, server, "should_exit", True)
        # uvicorn passes on the signal that it has obeyed
        with running_daemons(workspace, stop) as failures, suppress(KeyboardInterrupt):
            server.run()
    if failures:
        raise SystemExit(f"A daemon of Dagster's ended: {failures[0]}")


@contextmanager
def _workspace(instance: DagsterInstance, file: str | None) -> Iterator[WorkspaceProcessContext]:
    """The workspace that UI and daemons share, with the one code server behind it."""
    with (
        GrpcServerRegistry(
            instance_ref=instance.get_ref(),
            server_command=GrpcServerCommand.API_GRPC,
            heartbeat_ttl=_ORPHANED_SECONDS,
            startup_timeout=instance.code_server_process_startup_timeout,
            wait_for_processes_on_shutdown=False,
            log_level="WARNING",
        ) as registry,
        WorkspaceProcessContext(
            instance,
            version=__version__,
            workspace_load_target=WorkspaceFileTarget([file]) if file else EmptyWorkspaceTarget(),
            grpc_server_registry=registry,
        ) as workspace,
    ):
        yield workspace


if __name__ == "__main__":
    keep_private()
    redact_this_process()
    main()
