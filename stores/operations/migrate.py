"""Bringing the tables up to date: alembic, configured here, run inside one locked transaction."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from stores.errors import UserError
from stores.operations.table_base import READS_ONLY

log = logging.getLogger(__name__)

HEAD = "0016"
"""The newest migration; known here so that opening an up-to-date store costs one query and no alembic."""

MIGRATIONS = Path(__file__).parent / "migrations"
_POSTGRES_LOCK = 4_703_921_001


def migrate(store: Engine) -> None:
    """Run what migrations are missing. Of two processes that start together one migrates, the other waits for it.

    Raises:
        UserError: the store was made by a newer version.
    """
    with store.connect() as connection:
        if _version(connection) == HEAD:
            return
    with store.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
        found = _version(connection)
        if found != HEAD:
            log.info("Bringing the operations store from version %s to %s", found or "none", HEAD)
            _upgrade(connection)


def is_empty(store: Engine) -> bool:
    """Whether a database has none of the tables yet."""
    with store.connect().execution_options(**{READS_ONLY: True}) as connection:
        return _version(connection) is None


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Its own steps are of no interest to people who run this; what they need to know is said by the caller.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Alembic takes a third of a second to import and is needed only here.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as newer:
        raise UserError(
            f"The operations store was made by a newer version of Guanxi ({newer}). Nothing was changed; "
            "update Guanxi, or restore the backup that belongs to this version."
        ) from newer
