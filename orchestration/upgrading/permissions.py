"""Tokens of the operations store without a ciphertext: opt-outs and answers follow their owner's new token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, delete, func, select, true, update

from stores.operations import consents, metadata, suppressions
from stores.operations.table_base import wall_clock

_IN_ONE_STATEMENT = 500
_ON_THE_WAY = "moved:"


def token_columns() -> list[Column[Any]]:
    """Every column of the operations store that holds tokens."""
    return [column for table in metadata.sorted_tables for column in table.c if column.name.endswith("_token")]


def stored_tokens(connection: Connection) -> frozenset[str]:
    """Every token in the operations store."""
    found: set[str] = set()
    for column in token_columns():
        found.update(connection.scalars(select(column).where(column.is_not(None)).distinct()))
    return frozenset(found)


def permission_tokens(connection: Connection, kinds: Sequence[str]) -> frozenset[str]:
    """The tokens of identifiers of these kinds that opt-outs and consents are kept by."""
    found: set[str] = set()
    for table in (suppressions, consents):
        statement = select(table.c.identifier_token).where(table.c.identifier_type.in_(kinds)).distinct()
        found.update(connection.scalars(statement))
    return frozenset(found)


def move_tokens(connection: Connection, moved: dict[str, list[str]]) -> int:
    """Give rows their owners' tokens of today.

    Where two tokens have become one, of suppressions one in force stays, of answers a withdrawal or else the latest:
    nobody is permitted more than before. Where one has become several, each of them has the row.

    Args:
        connection: a connection of `writing`.
        moved: old token to those of today.

    Returns:
        Rows changed.
    """
    changed = 0
    for column in token_columns():
        if column.primary_key:
            changed += _merge(connection, column.table, moved)
        else:
            changed += _rename(connection, column, moved)
    return changed


def _rename(connection: Connection, column: Column[Any], moved: dict[str, list[str]]) -> int:
    """Where a ciphertext stands beside the token, it is renewed from that, and not here."""
    table: Any = column.table
    alone = table.c.identifier_cipher.is_(None) if "identifier_cipher" in table.c else true()
    here: set[str] = set(connection.scalars(select(column).where(alone).distinct())) & moved.keys()
    if not here:
        return 0
    # In two steps, because what one token becomes may be what another one was.
    first = update(table).where(column == bindparam("before"), alone).values({column.name: bindparam("after")})
    connection.execute(first, [{"before": old, "after": _ON_THE_WAY + moved[old][0]} for old in sorted(here)])
    arrived: dict[str, Any] = {column.name: func.substr(column, len(_ON_THE_WAY) + 1)}
    if "updated_at" in table.c:
        arrived["updated_at"] = wall_clock()
    return connection.execute(update(table).where(column.startswith(_ON_THE_WAY)).values(arrived)).rowcount


def _merge(connection: Connection, table: Any, moved: dict[str, list[str]]) -> int:
    targets = sorted({token for tokens in moved.values() for token in tokens} | moved.keys())
    rows = [dict(row) for some in _portions(targets) for row in _rows(connection, table, some)]
    old = [row for row in rows if row["identifier_token"] in moved]
    if not old:
        return 0
    now = wall_clock()
    key = [column.name for column in table.primary_key]
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        for token in moved.get(row["identifier_token"], [row["identifier_token"]]):
            fresh = row | {"identifier_token": token}
            if token != row["identifier_token"] and "updated_at" in fresh:
                fresh["updated_at"] = now
            place = tuple(fresh[name] for name in key)
            known = kept.get(place)
            kept[place] = fresh if known is None else min(known, fresh, key=_strictness)
    for some in _portions(targets):
        connection.execute(delete(table).where(table.c.identifier_token.in_(some)))
    connection.execute(table.insert(), list(kept.values()))
    return len(old)


def _rows(connection: Connection, table: Table, tokens: Sequence[str]) -> Sequence[Any]:
    return connection.execute(select(table).where(table.c.identifier_token.in_(tokens))).mappings().all()


def _strictness(row: dict[str, Any]) -> tuple[bool, float]:
    """The lowest wins: in force or withdrawn first; of suppressions the oldest, of answers the latest.

    Of what receipts closed, what was closed before: taking the receipts back then opens nothing.
    """
    if "granted" in row:
        return bool(row["granted"]), -row["changed_at"].timestamp()
    if "is_active" in row:
        return not row["is_active"], row["created_at"].timestamp()
    return not row.get("was_closed", True), 0.0


def _portions(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(tokens), _IN_ONE_STATEMENT):
        yield tokens[start : start + _IN_ONE_STATEMENT]
