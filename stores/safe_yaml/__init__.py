"""The reader of YAML files: libyaml, which takes a tenth of the time, or PyYAML's own where it was built without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SafeYaml: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_safe_yaml(file: Path) -> Any:
    """What a file says, as plain Python values.

    Raises:
        yaml.YAMLError: it is not YAML.
        UnicodeDecodeError: it is not UTF-8.
    """
    return yaml.load(file.read_text(encoding="utf-8"), Loader=SafeYaml)  # noqa: S506  a safe loader
