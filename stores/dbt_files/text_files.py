"""Files that people write: what stands in their place and is none is said, and not waited for."""

from __future__ import annotations

from pathlib import Path

from stores.errors import UserError


def require_text_file(path: Path, name: str) -> None:
    """Refuse a folder, a pipe or a link that leads nowhere; a file that is missing is left to whoever reads it.

    Args:
        path: the file.
        name: what it is called in the message.

    Raises:
        UserError: something else than a file stands there.
    """
    if not path.is_file() and (path.is_symlink() or path.exists()):
        raise UserError(f"{name} is no file that can be read. Put a text file in its place.")
