"""Ports of this machine: the ones that the settings name, or the next free ones where another program has them."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stores.atomic_files import write_json
from stores.errors import UserError
from stores.file_locks import exclusive_or_not
from stores.settings import Ports, Settings
from stores.settings_files import file_of

LOCALHOST = "127.0.0.1"
_TRIED = 100
_WHO = {"app": "the app", "dagster": "the Dagster UI", "demo": "the demo's shop, or the receiver,"}


def is_taken(port: int) -> bool:
    """Whether a program listens on a port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return True
    return False


@contextmanager
def choose_ports(
    settings: Settings, names: Iterable[str], tell: Callable[[str], None], is_kept: bool = True
) -> Iterator[Settings]:
    """The settings with ports that are free, and that no other installation takes while the block runs.

    A port that the settings name is used or refused. Where another program has one of the usual ports, the next free
    one is taken, and kept for the other processes of this installation.

    Args:
        settings: the installation.
        names: the ports that are needed, as under [guanxi.ports].
        tell: gets a line for each port that another one stands in for.
        is_kept: whether other processes of the installation are to find them there.

    Raises:
        UserError: a port that the settings name is taken, or there is none free.
    """
    chosen: dict[str, int] = {}
    with ExitStack() as held:
        for name in names:
            wanted = getattr(settings.ports, name)
            if name in settings.ports.model_fields_set:
                if not _taken_up(held, wanted):
                    raise UserError(
                        f"Port {wanted} is in use by another program. Stop it, or choose another port: `{name}` under "
                        f"[guanxi.ports] in {_file(settings, name)}; without a port there the next free one is taken."
                    )
                continue
            others = {getattr(settings.ports, other) for other in Ports.model_fields if other != name}
            chosen[name] = _free(held, settings, name, others | {*chosen.values()})
            usual = Ports.model_fields[name].default
            who = _WHO[name]
            if chosen[name] == wanted != usual:
                tell(f"{who[0].upper()}{who[1:]} takes port {wanted}, as the last time.")
            elif chosen[name] != usual:
                tell(f"Port {usual} is in use by another program: {who} takes {chosen[name]}.")
        if is_kept and chosen:
            _keep(settings.chosen_ports, chosen)
        ports = Ports.model_construct(settings.ports.model_fields_set, **{**settings.ports.model_dump(), **chosen})
        yield settings.model_copy(update={"ports": ports})


@contextmanager
def the_only_one(settings: Settings, what: str) -> Iterator[bool]:
    """Whether nobody else does something for this installation; nobody begins it while the block runs.

    Args:
        settings: the installation.
        what: `up`, or `demo`: whoever listens on that port.
    """
    with exclusive_or_not(settings.state / "locks" / f"listens_{what}.lock") as is_first:
        yield is_first


def _taken_up(held: ExitStack, port: int) -> bool:
    """Whether a port is free, and from now on kept from others until `held` ends: whoever starts first listens late."""
    folder = Path(tempfile.gettempdir()) / f"guanxi-ports-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return not is_taken(port)
        attempt = held.enter_context(ExitStack())
        is_ours = attempt.enter_context(exclusive_or_not(folder / f"{port}.lock"))
    except OSError:
        return not is_taken(port)
    if is_ours and not is_taken(port):
        return True
    attempt.close()
    return False


def _file(settings: Settings, name: str) -> str:
    return file_of("guanxi.ports", name, settings.project_root)


def _free(held: ExitStack, settings: Settings, name: str, others: set[int]) -> int:
    wanted = getattr(settings.ports, name)
    usual: int = Ports.model_fields[name].default
    for port in (wanted, *range(usual, usual + _TRIED)):
        if port not in others and _taken_up(held, port):
            return port
    raise UserError(
        f"None of the ports {usual} to {usual + _TRIED - 1} is free. Choose one: `{name}` under [guanxi.ports] in "
        f"{_file(settings, name)}."
    )


def _keep(file: Path, chosen: dict[str, int]) -> None:
    """Keep them; where they are the usual ones there is nothing to know."""
    try:
        before = dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        before = {}
    now = {**before, **chosen}
    now = {name: port for name, port in now.items() if name in _WHO and port != Ports.model_fields[name].default}
    if now != before:
        write_json(file, now)
