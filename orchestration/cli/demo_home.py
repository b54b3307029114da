"""A data folder that `guanxi demo` made: its shop and its messaging tool answer only while something serves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.cli.ports import choose_ports, is_taken, the_only_one
from orchestration.cli.session import console
from stores.errors import UserError
from stores.settings import Settings
from stores.settings_files import file_of


@contextmanager
def demo_served(settings: Settings) -> Iterator[Settings]:
    """Serve the made-up retailer while the block runs, in a demo's folder where nothing serves it already.

    Where another program has the port that the settings name, it says so and serves nothing.

    Yields:
        The settings, with the port that it is served on.
    """
    if not settings.is_demo:
        yield settings
        return
    with the_only_one(settings, "demo") as is_first:
        is_named = "demo" in settings.ports.model_fields_set
        if not is_first:
            yield settings
            return
        if is_named and is_taken(settings.ports.demo):
            file = file_of("guanxi.ports", "demo", settings.project_root)
            say(
                f"Port {settings.ports.demo} is in use by another program, so this demo's shop and messaging tool are "
                "not served: whatever listens there is asked, and sent to, in their place. Stop it, or choose another "
                f"port: `demo` under [guanxi.ports] in {file}."
            )
            yield settings
            return
        from demo_retailer.servers.local_server import serve

        with choose_ports(settings, ["demo"], say) as chosen, serve(chosen, chosen.ports.demo):
            yield chosen


@contextmanager
def demo_port(settings: Settings) -> Iterator[Settings]:
    """A port to serve the retailer on while the block runs; the settings with it.

    Raises:
        UserError: it is served already, or the port that the settings name is taken.
    """
    with the_only_one(settings, "demo") as is_first:
        if not is_first:
            raise UserError(
                f"The retailer of {settings.home} is served already, by `guanxi up` or another command. Stop that "
                "first."
            )
        with choose_ports(settings, ["demo"], say) as chosen:
            yield chosen


def say(line: str) -> None:
    """Say which port stands in for one that is taken."""
    console.print(line, style="yellow", markup=False, soft_wrap=True)
