"""Who says no in a channel that holds consents, as SQL over its part of the lake."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.contract.channel import Channel
from ingestion.contract.consent_columns import ConsentColumn
from ingestion.contract.table import Table
from stores.duckdb_connection import identifier, literal

_NEWEST_BY = "updated_at"


@dataclass(frozen=True)
class HeldConsents:
    """The consents of a channel as SQL.

    Attributes:
        table: the table of the lake that holds them.
        channels: the message channels that they are about.
        refusals: a query over a relation `{rows}` of the table: everybody whose latest answer is no.
    """

    table: str
    channels: frozenset[str]
    refusals: str


def held_consents(channel: Channel) -> list[HeldConsents]:
    """The consents that a channel declares, by table."""
    return [
        HeldConsents(
            table.name,
            frozenset(consent.channel for consent in table.consents),
            "\nunion all\n".join(_refusals(channel, table, consent) for consent in table.consents),
        )
        for table in channel.tables
        if table.consents
    ]


def _refusals(channel: Channel, table: Table, consent: ConsentColumn) -> str:
    """A query for the refusals of one column.

    The latest answer of a record is the one of the newest time, as in the models; and also the one that arrived last:
    a source whose clock stands still must not hide a no.
    """
    arrived = "_dlt_load_id desc, _source_file desc, _line desc"
    newest = f"{_NEWEST_BY} desc nulls last, {arrived}" if _NEWEST_BY in table.contract else arrived
    column = table.contract[consent.identifier]
    value = identifier(f"{consent.identifier}_token" if column.is_token else consent.identifier)
    # whose answer it is: the record's; where the source knows only addresses, the address's
    key = identifier(table.key[0]) if table.key else value
    record = f"{literal(f'{channel.name}:')} || {key}" if table.key else "cast(null as varchar)"
    return f"""
select
    {record} as source_profile_id,
    {literal(consent.identifier_type)} as identifier_type,
    {value} as identifier_value,
    {literal(consent.channel)} as channel,
    {literal(consent.purpose)} as purpose
from (
    select
        {", ".join(dict.fromkeys((key, value)))},
        {identifier(consent.granted)} as granted,
        row_number() over (partition by {key} order by {newest}) as by_time,
        row_number() over (partition by {key} order by {arrived}) as by_arrival
    from {{rows}}
)
where granted is false and {key} is not null and 1 in (by_time, by_arrival)"""
