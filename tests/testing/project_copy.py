"""A copy of the project with an example laid over it, as a guide tells to."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from stores.settings import PROJECT_ROOT

# What a checkout holds beside its files: environments alone are a gigabyte.
LEFT_OUT = (".git", ".venv*", "data", "target", "logs", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis", "my-*")
DBT_PROJECT = "dbt_project/dbt_project.yml"
# A file's changes: patterns, each with the text that takes its place once.
Changes = Mapping[str, Sequence[tuple[str, str]]]


def copy_project(root: Path) -> Path:
    """Copy the project's own files to `root`."""
    shutil.copytree(PROJECT_ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return root


def project_with(example: Path, root: Path, changes: Changes) -> Path:
    """Copy the project to `root`, lay the example's packages over it, change its settings."""
    copy_project(root)
    for part in ("ingestion", "dbt_project", "exports"):
        if (example / part).is_dir():
            shutil.copytree(example / part, root / part, dirs_exist_ok=True)
    for name, replaced in changes.items():
        text = (root / name).read_text(encoding="utf-8")
        for pattern, word in replaced:
            text, changed = re.subn(pattern, word, text, count=1)
            assert changed, pattern
        (root / name).write_text(text, encoding="utf-8")
    return root


def keep_one_campaign(folder: Path) -> None:
    """Take every campaign but `dormant_recall` out of a copy of the campaigns' folder."""
    for path in folder.glob("*.yml"):
        if path.stem != "dormant_recall":
            path.unlink()
