"""The git branch that a project is on."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from pathlib import Path


def branch_name(root: Path) -> str:
    """The git branch of a project, fit for a folder's name; `work` where it is none.

    Args:
        root: the project's folder.
    """
    asked, named = ["git", "branch", "--show-current"], ""
    with suppress(OSError):  # no git on this machine
        named = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False).stdout  # noqa: S603  fixed words
    return re.sub(r"[^\w.-]+", "-", named.strip()).strip(".-") or "work"
