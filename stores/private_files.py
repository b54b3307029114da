"""What the product writes is for its own user alone."""

from __future__ import annotations

import os


def keep_private() -> None:
    """Take every right of group and others from the files and folders that this process and its children will make."""
    os.umask(0o077)
