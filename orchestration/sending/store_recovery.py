"""A lost operations store taken up again: what the lake and the publications know comes back, the rest is accepted.

Nothing that may have been sent is sent again: a message that waited, or that a plan wanted after the lake last read the
store, counts as `unknown`. No campaign goes out before somebody approves it again, for a pause may be forgotten too.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import duckdb
from sqlalchemy import Connection, Table, and_, func, or_, update

from exports.delivery.delivery_lock import delivery_turn
from exports.delivery.message_keys import planned
from ingestion.channels import discover
from ingestion.lake.channel_lake import Lake
from orchestration.asset_keys import READ_BACK
from serving.campaign_plan import read_sends
from serving.published_copy import NoPublication, PublicationDamaged, PublishedCopy, TableMissing
from serving.rules import current_rules
from stores import operations
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.operations import WAITING_STATES, campaign_approvals, deliveries, forget_second_approvals, insert
from stores.operations.table_base import wall_clock
from stores.redaction.text_redaction import redact_line
from stores.settings import Settings
from stores.warehouse import current_publication

log = logging.getLogger(__name__)

LOST = "store_lost"
_ROWS = 5_000
_KEYS = {
    "deliveries": ["dedupe_key"],
    "delivery_events": ["event_id"],
    "suppressions": ["identifier_type", "identifier_token", "channel"],
    "consents": ["identifier_type", "identifier_token", "channel", "purpose"],
    "identity_decisions": ["decision_id"],
}
# What of a message may have moved on since an older copy was made.
_MOVES = ("state", "reason", "accepted_at", "slot_at")
_NEWEST = """
create temporary table newest_{name} as
select * replace ({times})
from (select {columns}, _dlt_load_id as load from {rows})
qualify row_number() over (partition by {keys} order by updated_at desc, load desc) = 1
"""
# What the lake does not read back is taken from the campaign and from the published rules.
_DELIVERIES = """
create or replace temporary table newest_deliveries as
select
    newest.* exclude (load),
    null as load,
    coalesce(channels.identifier_type, '') as identifier_type,
    coalesce(steps.template, newest.campaign_id) as template,
    '{}' as fields,
    coalesce(campaigns.purpose, 'marketing') as purpose,
    campaigns.cap_class,
    coalesce(campaigns.priority, 0) as priority,
    0.0 as value_score,
    'recovered' as publication_id,
    cast(newest.planned_at as date) as as_of,
    case when coalesce(states.takes_cap_slot, true) then coalesce(newest.accepted_at, newest.planned_at) end as slot_at,
    1 as attempts
from newest_deliveries as newest
left join channels on channels.channel = newest.channel
left join states on states.state = newest.state
left join newest_campaigns as campaigns
    on campaigns.campaign_id = newest.campaign_id and campaigns.version = newest.campaign_version
left join newest_campaign_steps as steps
    on steps.campaign_id = newest.campaign_id and steps.version = newest.campaign_version and steps.step = newest.step
"""


@dataclass(frozen=True)
class Recovered:
    """What came back.

    Attributes:
        rows: rows taken from the lake, by table.
        in_doubt: messages that count as perhaps sent.
        read_until: when the lake last read the store; what happened later and left no receipt file is lost.
        paused: campaigns that must be approved again.
    """

    rows: dict[str, int]
    in_doubt: int
    read_until: datetime | None
    paused: int


def recover(settings: Settings, by: str, why: str) -> Recovered:
    """Take up a store that is missing, another one, or an older copy.

    Args:
        settings: the installation.
        by: who accepts the loss; kept in the audit log.
        why: the reason; kept in the audit log.

    Raises:
        UserError: nobody is named, no reason is given, or nothing is lost.
    """
    who, reason = redact_line(" ".join(by.split()), 100), redact_line(" ".join(why.split()), 1_000)
    if not who or not reason:
        raise UserError("Say who accepts the loss and why: --by NAME --why REASON.")
    with delivery_turn(settings):
        try:
            operations.engine(settings)
        except operations.StoreLost as lost:
            log.info("%s", lost)
        else:
            raise UserError("The operations store is the one of this data folder and complete; nothing is to recover.")
        with operations.lost_store_tolerated(may_be_missing=True):
            store = operations.engine(settings)
            keyring = open_keyring(settings)
            with operations.writing(store) as connection, closing(_lake(settings)) as lake:
                done = _rebuild(settings, connection, lake, keyring)
                operations.record_access(
                    connection, actor=who, action="accept_loss", subject_type="operations_store", subject=READ_BACK,
                    purpose="recovery", records=sum(done.rows.values()), moment=settings.now(), detail=reason,
                )  # fmt: skip
                record = operations.accept_store(connection, settings.lake)
            operations.write_record(settings.lake, record)
    return done


def _rebuild(
    settings: Settings, connection: Connection, lake: duckdb.DuckDBPyConnection, keyring: Keyring
) -> Recovered:
    rows = {name: _take_over(connection, lake, name) for name in _KEYS}
    _add_planned(settings, connection, keyring)
    d = deliveries.c
    # Whether they left after the last reading, nobody knows.
    waited = or_(d.state.in_(WAITING_STATES), and_(d.state == "sending", d.publication_id == "recovered"))
    doubtful = connection.execute(
        update(deliveries)
        .where(waited)
        .values(state="unknown", reason=LOST, slot_at=func.coalesce(d.slot_at, d.planned_at), held_until=None)
    )
    approved = campaign_approvals.c.decision == "approved"
    paused = connection.execute(
        update(campaign_approvals).where(approved).values(decision="paused", reason="the operations store was lost")
    )
    forget_second_approvals(connection)
    read = lake.execute("select max(ingested_at) from reads").fetchone()
    return Recovered(rows, doubtful.rowcount, read[0] if read else None, paused.rowcount)


def _take_over(connection: Connection, lake: duckdb.DuckDBPyConnection, name: str) -> int:
    """Add what a table lacks, and bring up to date what the lake read later; how many rows the lake has."""
    table: Table = operations.metadata.tables[name]
    taken = 0
    for batch in lake.execute(f"select * exclude (load) from newest_{name}").to_arrow_reader(_ROWS):
        rows = batch.to_pylist()
        statement = insert(connection, table)
        moving = _MOVES if name == "deliveries" else tuple(column for column in rows[0] if column not in _KEYS[name])
        statement = statement.on_conflict_do_update(
            index_elements=_KEYS[name],
            set_={**{column: statement.excluded[column] for column in moving}, "updated_at": wall_clock()},
            where=statement.excluded.updated_at > table.c.updated_at,
        )
        connection.execute(statement, rows)
        taken += len(rows)
    return taken


def _add_planned(settings: Settings, connection: Connection, keyring: Keyring) -> None:
    """Add what the current publication wanted to be sent: it may have left after the lake last read the store."""
    publication = current_publication(settings)
    if publication is None or not publication.may_deliver:
        return
    moment = operations.utc(publication.published_at)
    statement = insert(connection, deliveries).on_conflict_do_nothing()
    with PublishedCopy(publication.path) as published:
        for rows in read_sends(published):
            values = [planned(row, publication.publication_id, publication.as_of, moment, keyring) for row in rows]
            connection.execute(statement, values)


def _lake(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The newest row of everything that the lake read back, its times in UTC."""
    channel = discover()[READ_BACK]
    connection = open_duckdb(settings)
    lake = Lake(settings, channel, connection)
    lake.ensure_contract_files()
    for table in channel.tables:
        times = [name for name, column in table.contract.items() if column.type == "timestamp"]
        in_utc = (f"{name} at time zone {literal(settings.timezone)} at time zone 'UTC' as {name}" for name in times)
        connection.execute(
            _NEWEST.format(
                name=table.name,
                columns=", ".join(table.contract),
                keys=", ".join(table.key),
                times=", ".join(in_utc),
                rows=lake.rows(table.name),
            )
        )
    _bring_rules(settings, connection)
    connection.execute(_DELIVERIES)
    connection.execute(f"create temporary table reads as from {lake.rows('file_ledger')}")
    return connection


def _bring_rules(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """The rows of two seeds as the current publication has them; without one, none: every message counts as sent."""
    try:
        rules = current_rules(settings, ("message_channels", "delivery_states"))
        channels, states = rules.rows["message_channels"], rules.rows["delivery_states"]
    except (NoPublication, TableMissing, PublicationDamaged) as without:
        log.warning("Every message that is taken up counts against the frequency caps. %s", without)
        channels, states = [], []
    connection.execute("create temporary table channels (channel varchar, identifier_type varchar)")
    connection.execute("create temporary table states (state varchar, takes_cap_slot boolean)")
    for row in channels:
        connection.execute("insert into channels values (?, ?)", [row["channel"], row["identifier_type"]])
    for row in states:
        connection.execute("insert into states values (?, ?)", [row["state"], row["takes_cap_slot"]])
