"""Which channels a check is about."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence

from orchestration.dbt.active_channels import names_in_use
from stores.errors import UserError
from stores.settings import Settings

# Comes back to the lake by itself; it has no contract of a user's.
OWN_CHANNEL = "operations"


def channels_to_check(settings: Settings, names: Sequence[str]) -> list[str]:
    """The channels that are asked for, else all in use.

    Raises:
        UserError: there is no such channel.
    """
    known = [name for name in _packages(settings) if name != OWN_CHANNEL]
    used = [name for name in names_in_use(settings) if name != OWN_CHANNEL]
    for name in names or used:
        if name not in known:
            place = "vars.channels of dbt_project/dbt_project.yml: " if not names else ""
            raise UserError(
                f"{place}There is no channel {name!r}. Make ingestion/channels/{name}/ (docs/bring-your-own-data.md), "
                f"or use one of {', '.join(known)}."
            )
    if not names and not used:
        raise UserError(
            "vars.channels of dbt_project/dbt_project.yml names no channel of yours. Add one, or say which to check: "
            f"{', '.join(known)}."
        )
    return list(dict.fromkeys(names or used))


def _packages(settings: Settings) -> list[str]:
    """The channels that there are; looked up without importing them, so that dbt can start first."""
    folder = settings.project_root / "ingestion" / "channels"
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if module.ispkg)
