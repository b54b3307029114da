"""Which channels this installation uses: the word list `vars.channels` of the dbt project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from stores.errors import UserError
from stores.lake.layout import RESULTS, dataset_of
from stores.lake.reader import has_table
from stores.publication_files.channel_titles import write_channel_titles
from stores.safe_yaml import read_safe_yaml
from stores.settings import Settings

if TYPE_CHECKING:
    from ingestion.channels import Channel

_PLACE = "dbt_project/dbt_project.yml"


def channels_in_use(settings: Settings) -> dict[str, Channel]:
    """The channels of `vars.channels`, in that order, by name.

    Raises:
        UserError: `dbt_project.yml` is no YAML, has no such list, or names a channel that has no package.
    """
    # here, because `guanxi status` asks for the names alone, and the contracts take half a second to import
    from ingestion.channels import discover

    known = discover()
    names = names_in_use(settings)
    for name in names:
        if name not in known:
            raise UserError(
                f"{_PLACE}, vars.channels: there is no channel {name!r}. Make ingestion/channels/{name}/, "
                f"or use one of {', '.join(known)}."
            )
    return {name: known[name] for name in names}


def keep_titles(settings: Settings) -> None:
    """Keep what the channels in use are called beside the publication, for the app."""
    write_channel_titles(settings, {name: one.titles for name, one in channels_in_use(settings).items()})


def names_in_use(settings: Settings) -> list[str]:
    """The words of `vars.channels`, whether or not there are such channels.

    Raises:
        UserError: `dbt_project.yml` is no YAML, or has no such list.
    """
    try:
        document = read_safe_yaml(_project_file(settings))
        names = document["vars"]["channels"]
    except yaml.YAMLError as bad:
        raise UserError(f"{_PLACE} cannot be read as YAML: {' '.join(str(bad).split())}.") from bad
    except (KeyError, TypeError) as bad:
        raise UserError(f"{_PLACE} has no list `vars.channels`. Write: channels: [shop, operations].") from bad
    if not isinstance(names, list) or not names:
        raise UserError(f"{_PLACE}, vars.channels: must be a list of channel names, got {names!r}.")
    return names


def unused_staging(settings: Settings) -> list[str]:
    """Folders under `models/staging` whose channel is not in use, sorted: dbt leaves them out."""
    used = channels_in_use(settings)
    folders = (_project_file(settings).parent / "models" / "staging").iterdir()
    # what models found is no channel, and always there
    return sorted(folder.name for folder in folders if folder.is_dir() and folder.name not in {*used, *RESULTS})


def channels_without_models(settings: Settings) -> list[str]:
    """Channels in use that have no staging model: they are read into the lake, and nothing is made of them."""
    staging = _project_file(settings).parent / "models" / "staging"
    return [name for name in names_in_use(settings) if not any((staging / str(name)).glob("stg_*.sql"))]


def require_read(settings: Settings) -> None:
    """Refuse to build while a channel in use was never read: its models would read tables that are not there.

    Args:
        settings: the installation.

    Raises:
        UserError: names the channels, or the tables that a contract got later, and what to do.
    """
    missing = {
        name: [one.name for one in channel.tables if not _is_in_lake(settings, name, one.name)]
        for name, channel in channels_in_use(settings).items()
    }
    never = [name for name, tables in missing.items() if len(tables) == len(channels_in_use(settings)[name].tables)]
    further = [f"{name}.{table}" for name, tables in missing.items() if name not in never for table in tables]
    if never or further:
        raise UserError(
            f"Never read yet: {', '.join([*never, *further])}. Without its tables nothing can be built. Read every "
            "channel once with `guanxi run` (a channel without files counts as read), or take what you do not have out "
            "of vars.channels in dbt_project/dbt_project.yml."
        )


def _is_in_lake(settings: Settings, channel: str, table: str) -> bool:
    return has_table(dataset_of(settings.lake, channel), table)


def _project_file(settings: Settings) -> Path:
    return settings.project_root / "dbt_project" / "dbt_project.yml"
