"""Channels whose models hold consents that their contract does not declare."""

from __future__ import annotations

from ingestion.contract.channel import Channel
from stores.settings import Settings

# A contact of WeCom consents by being one; the operations store is looked at when a message is claimed.
_HEARD_OTHERWISE = ("wecom", "operations")


def has_undeclared_consents(settings: Settings, channel: Channel) -> bool:
    """Whether the models take consents from a channel whose contract does not say where they are."""
    if channel.name in _HEARD_OTHERWISE or any(table.consents for table in channel.tables):
        return False
    folder = settings.project_root / "dbt_project" / "models" / "staging" / channel.name
    return (folder / f"stg_{channel.name}__consents.sql").exists()
