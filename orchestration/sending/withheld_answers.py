"""Noes that wait in quarantine, known before a delivery looks: of the lake as it is, no channel is read again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from exports.policy.late_answers import REFUSALS
from ingestion.contract.channel import Channel
from ingestion.lake.channel_lake import Lake
from ingestion.lake.consent_refusals import HeldConsents, held_consents
from ingestion.quarantine.pending import waiting
from ingestion.quarantine.withheld_consents import files_kept_aside, withheld_refusals
from orchestration.dbt.active_channels import channels_in_use
from serving.published_copy import PublishedCopy
from serving.withheld import SOURCE, bring_answers
from stores.duckdb_connection import open_duckdb
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.lake.reader import has_table
from stores.settings import Settings

_REFUSALS = REFUSALS.append(pa.field(SOURCE, pa.string()))


@dataclass(frozen=True)
class FilesAside:
    """Files with answers that went to quarantine whole, so that nobody knows who says no in them.

    Attributes:
        source: the channel that brought them.
        channels: message channels that they hold answers for.
        files: their names.
    """

    source: str
    channels: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class WithheldAnswers:
    """What in quarantine withholds messages.

    Attributes:
        refusals: rows whose answer is no, or that nobody can read: the columns of `REFUSALS` and the channel that
            brought each.
        aside: whole files.
        unknown: why nobody can say what withholds; empty where it is known.
    """

    refusals: pa.Table = field(default_factory=_REFUSALS.empty_table)
    aside: tuple[FilesAside, ...] = ()
    unknown: str = ""

    def bring(self, published: PublishedCopy) -> None:
        """Let the questions of `serving.withheld` see them."""
        pairs = [(one.source, channel) for one in self.aside for channel in one.channels]
        unread = {SOURCE: [source for source, _ in pairs], "channel": [channel for _, channel in pairs]}
        text = pa.string()
        bring_answers(published, self.refusals, pa.table(unread, pa.schema([(SOURCE, text), ("channel", text)])))


def withheld_answers_or_why_not(settings: Settings) -> WithheldAnswers:
    """The same for whoever shows other things besides: where the keys or the lake refuse, the answer says why."""
    try:
        return read_withheld_answers(settings)
    except UserError as refused:
        return WithheldAnswers(unknown=str(refused))


def read_withheld_answers(settings: Settings) -> WithheldAnswers:
    """Look for answers in the quarantine of every channel that declares consents.

    Args:
        settings: the installation.

    Raises:
        UserError: the keys cannot be used, or are not those of the lake.
    """
    if settings.past_day:
        return WithheldAnswers()  # of a day that is never sent
    refusals: list[pa.Table] = []
    aside: list[FilesAside] = []
    for channel in channels_in_use(settings).values():
        with closing(open_duckdb(settings)) as connection:
            lake = Lake(settings, channel, connection)
            held = [one for one in held_consents(channel) if _has_any(lake, connection, one.table)]
            if held:
                # a contract may have got a column since the last reading, which the rows in quarantine are read by
                lake.ensure_contract_files()
                refusals += _refusals(settings, channel, lake, connection, held)
                aside += _aside(channel, lake, connection, held)
    return WithheldAnswers(pa.concat_tables(refusals) if refusals else _REFUSALS.empty_table(), tuple(aside))


def _has_any(lake: Lake, connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether anything of a table waits; nothing does where the channel was never read."""
    if not all(has_table(lake.folder, name) for name in ("quarantine", "quarantine_replays")):
        return False
    return connection.execute(f"select 1 from ({waiting(lake, [table])}) limit 1").fetchone() is not None


def _refusals(
    settings: Settings, channel: Channel, lake: Lake, connection: duckdb.DuckDBPyConnection, held: list[HeldConsents]
) -> list[pa.Table]:
    found: list[pa.Table] = []
    for one in held:
        table = channel.table(one.table)
        found += withheld_refusals(channel, table, lake, connection, open_keyring(settings), settings.country)
    sources = (pa.array([channel.name] * some.num_rows, pa.string()) for some in found)
    return [some.append_column(SOURCE, source).cast(_REFUSALS) for some, source in zip(found, sources, strict=True)]


def _aside(
    channel: Channel, lake: Lake, connection: duckdb.DuckDBPyConnection, held: list[HeldConsents]
) -> list[FilesAside]:
    found = ((one, files_kept_aside(one.table, lake, connection)) for one in held)
    return [FilesAside(channel.name, tuple(sorted(one.channels)), tuple(files)) for one, files in found if files]
