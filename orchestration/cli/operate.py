"""`guanxi dbt`: any dbt command by hand."""

from __future__ import annotations

import typer

from orchestration.cli.session import HomeOption, open_session


def dbt_command(context: typer.Context, home: HomeOption = None) -> None:
    """Run any dbt command on this installation.

    For example: guanxi dbt build --select customers+

    Environment, profile and the one-writer lock are those of a normal run, and so are the keys: data of
    other keys or of other normal forms is not built. Options of dbt go after the command.
    """
    settings = open_session(home)
    from orchestration.dbt import passthrough
    from stores.key_record import open_keyring

    open_keyring(settings)
    raise typer.Exit(passthrough(settings, context.args))
