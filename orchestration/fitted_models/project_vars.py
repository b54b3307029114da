"""The `vars` of the dbt project, for steps beside dbt that are switched and limited by them."""

from __future__ import annotations

import yaml

from stores.errors import UserError
from stores.safe_yaml import read_safe_yaml
from stores.settings import Settings

PLACE = "dbt_project/dbt_project.yml"


def project_vars(settings: Settings, why: str) -> dict[str, object]:
    """The vars of the project.

    Args:
        settings: the installation.
        why: what is missing without them, the end of a sentence: "say how probable a link must be".

    Raises:
        UserError: the file is no YAML, or has no vars.
    """
    try:
        document = read_safe_yaml(settings.project_root / PLACE)
    except yaml.YAMLError as bad:
        raise UserError(f"{PLACE} cannot be read as YAML: {' '.join(str(bad).split())}.") from bad
    words = document.get("vars") if isinstance(document, dict) else None
    if not isinstance(words, dict):
        raise UserError(f"{PLACE} has no `vars`, which {why}.")
    return words


def is_enabled(words: dict[str, object], name: str) -> bool:
    """Whether a step is switched on; it is where the project does not say.

    Raises:
        UserError: the value is neither true nor false.
    """
    enabled = words.get(name, True)
    if not isinstance(enabled, bool):
        raise UserError(f"{PLACE}, vars.{name}: must be true or false, got {enabled!r}.")
    return enabled
