"""The channels that hold consents, read again before sending: into the lake, without the warehouse."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from exports.policy.late_answers import REFUSALS, LateAnswers
from ingestion.contract.channel import Channel, SourceUnavailable
from ingestion.lake.channel_lake import Lake
from ingestion.lake.consent_refusals import held_consents
from ingestion.lake.undelivered_consents import undelivered_consents
from ingestion.pipeline import ingest
from ingestion.quarantine.withheld_consents import files_kept_aside, withheld_refusals
from ingestion.sources.source_presence import missing_sources, passed_over
from orchestration.dbt.active_channels import channels_in_use
from orchestration.sending.undeclared_consents import has_undeclared_consents
from stores.atomic_files import write_json
from stores.duckdb_connection import open_duckdb
from stores.key_record import open_keyring
from stores.operations.contact_permissions import EVERY_CHANNEL
from stores.settings import Settings

log = logging.getLogger(__name__)

_CLOCKS_DIFFER = timedelta(minutes=5)


def read_late_answers(settings: Settings) -> LateAnswers:
    """Read what is new in every channel that declares consents, and who says no now.

    A channel that does not answer keeps what was read last, as long as that is within the channel's freshness limit;
    beyond it, the channel counts as unread.

    Args:
        settings: the installation.
    """
    refusals: list[pa.Table] = []
    unread: dict[str, frozenset[str]] = {}
    for channel in channels_in_use(settings).values():
        consents = held_consents(channel)
        if not consents:
            if has_undeclared_consents(settings, channel):
                log.warning(
                    "Channel %s has a model stg_%s__consents, and its contract declares no `consents`: what people say "
                    "there cannot be read again before sending, so messages to its customers are held",
                    channel.name, channel.name,
                )  # fmt: skip
                unread[channel.name] = frozenset({EVERY_CHANNEL})
            continue
        is_read, unread_tables = _read_again(settings, channel, [one.table for one in consents])
        if not is_read:
            unread[channel.name] = frozenset().union(*(one.channels for one in consents))
        with closing(open_duckdb(settings)) as connection:
            lake = Lake(settings, channel, connection)
            lake.ensure_contract_files()
            for name, asked in undelivered_consents(channel, lake, connection).items():
                log.warning(
                    "Channel %s: consents were never delivered (no file or row of %s), so it is not known who says no "
                    "there, and messages to the channel's customers over %s are held",
                    *(channel.name, name, ", ".join(sorted(asked))),
                )
                unread[channel.name] = unread.get(channel.name, frozenset()) | asked
            for one in consents:
                found = [connection.execute(one.refusals.replace("{rows}", lake.rows(one.table))).to_arrow_table()]
                table = channel.table(one.table)
                found += withheld_refusals(channel, table, lake, connection, open_keyring(settings), settings.country)
                refusals += [some.cast(REFUSALS) for some in found]
                aside = files_kept_aside(one.table, lake, connection)
                if aside:
                    _tell(channel, aside)
                if aside or one.table in unread_tables:
                    unread[channel.name] = unread.get(channel.name, frozenset()) | one.channels
    return LateAnswers(pa.concat_tables(refusals) if refusals else REFUSALS.empty_table(), unread)


def _tell(channel: Channel, files: list[str]) -> None:
    log.warning(
        "Channel %s: %s went to quarantine whole, so it is not known who says no there, and messages to the channel's "
        "customers are held. Correct the contract and run `guanxi quarantine replay %s`, or drop the corrected file "
        "under the same name",
        channel.name,
        ", ".join(files),
        channel.name,
    )


def _read_again(settings: Settings, channel: Channel, tables: list[str]) -> tuple[bool, set[str]]:
    """Whether what the lake holds of a channel is fresh enough to send by; reads what is new first.

    With it the tables for which a file lies there that was passed over: what it says is not known.
    """
    files: dict[str, str] = {}
    try:
        report = ingest(settings, channel)
        files = passed_over(channel, report)
        missing = missing_sources(settings, channel, tables, report)
        if missing:
            raise SourceUnavailable(missing)
    except Exception as failed:  # whatever it is: what matters is how old the last answer is
        last = _last_read(settings, channel)
        limit = timedelta(hours=channel.freshness_hours)
        is_fresh = last is not None and settings.now() - last <= limit
        log.warning(
            "Channel %s could not be read before sending (%s); last read %s, %s",
            channel.name,
            failed,
            last.isoformat(timespec="minutes") if last else "never",
            "within its limit" if is_fresh else "so messages to its customers are held",
        )
        return is_fresh, set(files)
    reads = _reads(settings)
    write_json(_place(settings), {**reads, channel.name: settings.now().isoformat()})
    for name in sorted(set(files) & set(tables)):
        log.warning(
            "Channel %s: %s was passed over, so it is not known who says no there, and messages to the channel's "
            "customers are held until it is read or taken away",
            channel.name,
            files[name],
        )
    return True, set(files)


def _last_read(settings: Settings, channel: Channel) -> datetime | None:
    """When a channel was last read: before a delivery, or by a run that found something new.

    What was read by a clock that was ahead says nothing: it may be older than the limit.
    """
    latest = settings.now() + _CLOCKS_DIFFER
    moments = []
    noted = _reads(settings).get(channel.name)
    if noted:
        moments.append(datetime.fromisoformat(noted))
    with closing(open_duckdb(settings)) as connection:
        lake = Lake(settings, channel, connection)
        lake.ensure_contract_files()
        found = connection.execute(
            f"select max(ingested_at) from {lake.rows('file_ledger')} where ingested_at <= ?",
            [latest.astimezone(ZoneInfo(settings.timezone)).replace(tzinfo=None)],
        ).fetchone()
    if found and found[0]:
        moments.append(found[0].replace(tzinfo=ZoneInfo(settings.timezone)))
    return max((moment for moment in moments if moment <= latest), default=None)


def _reads(settings: Settings) -> dict[str, str]:
    try:
        document = json.loads(_place(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _place(settings: Settings) -> Path:
    return settings.state / "consents_read.json"
