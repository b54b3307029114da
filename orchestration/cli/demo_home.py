"""A data folder that `guanxi demo` made: its shop and its messaging tool answer only while something serves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.cli.ports import is_taken
from stores.settings import Settings


def is_demo(settings: Settings) -> bool:
    """Whether the data folder is one that `guanxi demo` made."""
    return (settings.home / "demo").is_dir()


@contextmanager
def demo_served(settings: Settings) -> Iterator[None]:
    """Serve the made-up retailer while the block runs, in a demo's folder where nothing serves it already."""
    if not is_demo(settings) or is_taken(settings.ports.demo):
        yield
        return
    from demo_retailer.servers.local_server import serve

    with serve(settings, settings.ports.demo):
        yield
