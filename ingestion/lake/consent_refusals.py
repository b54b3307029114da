"""Who says no in a channel that holds consents, as SQL over its part of the lake."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.contract.channel import Channel
from ingestion.contract.consent_columns import ConsentQuestion
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
            frozenset(question.channel for question in table.consent_questions),
            "\nunion all\n".join(_refusals(channel, table, question) for question in table.consent_questions),
        )
        for table in channel.tables
        if table.consents
    ]


def _refusals(channel: Channel, table: Table, question: ConsentQuestion) -> str:
    """A query for the refusals of one question.

    The latest answer of a record is the one of the newest time, as in the models; and also the one that arrived last:
    a source whose clock stands still must not hide a no. Where each answer is a row, a load may bring several of one
    record in any order: the newest of the last load then counts as what arrived last; of equal times, the no.
    """
    arrived = "_dlt_load_id desc, _source_file desc, _line desc"
    newest_by = question.changed_at or (_NEWEST_BY if not question.among and _NEWEST_BY in table.contract else "")
    if question.changed_at:
        by_time = f"{identifier(newest_by)} desc nulls last, {identifier(question.granted)}, {arrived}"
        by_arrival = f"_dlt_load_id desc, {by_time}"
    else:
        by_time = f"{newest_by} desc nulls last, {arrived}" if newest_by else arrived
        by_arrival = arrived
    column = table.contract[question.identifier]
    value = identifier(f"{question.identifier}_token" if column.is_token else question.identifier)
    # whose answer it is: the record's; where the source knows only addresses, the address's
    key = identifier(question.record) if question.record else value
    record = f"{literal(f'{channel.name}:')} || {key}" if question.record else "cast(null as varchar)"
    return f"""
select
    {record} as source_profile_id,
    {literal(question.identifier_type)} as identifier_type,
    {value} as identifier_value,
    {literal(question.channel)} as channel,
    {literal(question.purpose)} as purpose
from (
    select
        {", ".join(dict.fromkeys((key, value)))},
        {identifier(question.granted)} as granted,
        row_number() over (partition by {key} order by {by_time}) as by_time,
        row_number() over (partition by {key} order by {by_arrival}) as by_arrival
    from {{rows}}
    where {about(question)}
)
where granted is false and {key} is not null and 1 in (by_time, by_arrival)"""


def about(question: ConsentQuestion) -> str:
    """SQL condition: a loaded row is about this question."""
    if not question.among:
        return "true"
    # where each answer is a row, one without an answer neither allows nor takes back anything
    words = [f"{identifier(name)} = {literal(word)}" for name, word in question.among.items()]
    return " and ".join([*words, f"{identifier(question.granted)} is not null"])
