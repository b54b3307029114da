"""The files that settings are read from, and which of them says something: messages name the one to correct."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
VARIABLE = "GUANXI_CONFIG"


def settings_files(root: Path = PROJECT_ROOT) -> list[Path]:
    """The files that may say something, each wins over those before it.

    Args:
        root: folder that holds `.dlt/`.
    """
    extra = os.environ.get(VARIABLE)
    return [root / ".dlt" / "config.toml", root / ".dlt" / "secrets.toml", *([Path(extra)] if extra else [])]


def file_of(section: str, field: str = "", root: Path = PROJECT_ROOT) -> str:
    """The name of the file whose setting counts; where none says it, of the one where it would count.

    Args:
        section: such as `guanxi.ports`.
        field: of that section; the section itself when empty.
        root: folder that holds `.dlt/`.
    """
    files = settings_files(root)
    for path in reversed(files):
        if _says(path, [*section.split("."), *([field] if field else [])]):
            return shown(path, root)
    return shown(files[-1] if len(files) > 2 else files[0], root)


def shown(path: Path, root: Path = PROJECT_ROOT) -> str:
    """A settings file as messages name it: `.dlt/config.toml`, or what GUANXI_CONFIG says."""
    return f"{path.parent.name}/{path.name}" if path.parent == root / ".dlt" else str(path)


def _says(path: Path, names: list[str]) -> bool:
    try:
        inner: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    for name in names:
        if not isinstance(inner, dict) or name not in inner:
            return False
        inner = inner[name]
    return True
