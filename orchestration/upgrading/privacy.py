"""Files of an older release that others could read are closed to them."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

log = logging.getLogger(__name__)


# Other programs drop files into the one and take them from the other, perhaps as members of a group.
_EXCHANGED = ("landing", "outbox")


def close_to_others(home: Path) -> int:
    """Take every right of group and others from a data folder and all that is in it; links are not followed.

    In the folders where other programs leave and take files the group keeps its rights.

    Args:
        home: the data folder.

    Returns:
        How many files and folders were open.
    """
    opened = 0
    for path in [home, *home.rglob("*")]:
        if path.is_symlink():
            continue
        is_exchanged = path != home and path.relative_to(home).parts[0] in _EXCHANGED
        mode = stat.S_IMODE(path.stat().st_mode)
        kept = mode & (0o770 if is_exchanged else 0o700)
        if mode != kept:
            try:
                path.chmod(kept)
            except PermissionError:
                log.warning("%s can be read by others and belongs to somebody else", path)
            opened += 1
    if opened:
        log.info("Closed to other users of this machine: %d files and folders", opened)
    return opened
