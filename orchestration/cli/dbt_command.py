"""`guanxi dbt`: any dbt command by hand, beside production."""

from __future__ import annotations

import typer

from orchestration.cli.session import HomeOption, open_session
from stores.settings import Settings


def check_keys(settings: Settings) -> None:
    """Refuse data that these keys, or this release, did not write; where nothing was written yet, no key is made.

    Raises:
        UserError: as `stores.key_record.open_keyring`.
    """
    from stores import operations
    from stores.key_record import lake_place, open_keyring

    lake = lake_place(settings)
    if lake.read() is not None or lake.has_data() or operations.exists(settings):
        open_keyring(settings)


def dbt_command(context: typer.Context, home: HomeOption = None) -> None:
    """Run any dbt command, in a development warehouse of this branch.

    For example: guanxi dbt build --select customers+

    Production is written by runs only. What is built goes to development/<branch>/ of the data folder, and every table
    that was not built there is read from production's last build (dbt's --defer). Without --select the commands
    build, run, seed and test take what the branch changes and all that depends on it; `guanxi diff` says what that
    means for customers, segments and messages. `docs generate` describes production.
    A run waits while such a command reads production's tables. Options of dbt go after the command.
    """
    settings = open_session(home)
    from orchestration.branch_diff.development_target import run

    check_keys(settings)
    raise typer.Exit(run(settings, context.args))
