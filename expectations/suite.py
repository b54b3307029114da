"""What a suite is: a relation to check, its keys, and checks in words and in Great Expectations' terms.

A suite is data, so listing all checks costs nothing; Great Expectations is imported only when a gate runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb

from stores.settings import Gates, Settings

Boundary = Literal["raw", "marts", "plan"]
Severity = Literal["critical", "warning"]
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class LakeTable:
    """One table of the raw lake.

    Attributes:
        channel: such as shop.
        name: such as orders.
        columns: its column names.
        relation: what to write after `from`: its rows of completed loads.
    """

    channel: str
    name: str
    columns: tuple[str, ...]
    relation: str


@dataclass(frozen=True)
class Sources:
    """What a suite can be computed from.

    Attributes:
        settings: the installation.
        connection: open on the sources, for a suite that must look before it can say what to check.
        relations: names such as `warehouse.marts.customers` and `published.marts.customers` that exist now.
        lake: tables of the raw lake.
        freshness_hours: hours within which each channel should bring something.
    """

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    relations: frozenset[str]
    lake: tuple[LakeTable, ...]
    freshness_hours: Mapping[str, float]

    def lake_tables(self, name: str) -> list[LakeTable]:
        """The table of that name of every channel."""
        return [table for table in self.lake if table.name == name]


@dataclass(frozen=True)
class Check:
    """One expectation about a column of a suite's relation.

    Attributes:
        name: unique in its suite; the asset check is called `<suite>__<name>`.
        expectation: class name of a column map expectation of Great Expectations, so that failing rows have keys.
            Patterns must not hold a backslash, arguments no dates: the failing-rows query cannot spell them.
        column: the column it is about.
        arguments: further arguments, or what makes them of the configured limits.
        severity: a failed critical check stops publication or sending, a failed warning is only shown.
        description_zh: what must hold, for people, in Chinese.
        description_en: the same in English.
        keep_value: False keeps only the keys of failing rows, where the value itself must not spread.
        is_acceptable: whether somebody named may let one build pass that fails it, after a look at the failing rows.
            Never where personal data, consent, erasure or lost rows are at stake.
    """

    name: str
    expectation: str
    column: str
    severity: Severity
    description_zh: str
    description_en: str
    arguments: Arguments | Callable[[Gates], Arguments] = field(default_factory=dict)
    keep_value: bool = True
    is_acceptable: bool = False

    def resolved(self, limits: Gates) -> dict[str, Any]:
        """The arguments under the configured limits."""
        return dict(self.arguments(limits) if callable(self.arguments) else self.arguments)


@dataclass(frozen=True)
class Suite:
    """The checks of one relation at one boundary.

    Attributes:
        boundary: raw (what came in), marts (before publishing) or plan (before sending).
        name: the module's name; unique.
        table: the table it guards, for people.
        keys: columns that name a row, kept for failing rows.
        relation: makes the query to check; None when there is nothing to check.
        checks: what must hold.
        requires: relations without which the gate fails instead of passing unchecked.
        is_computed: True computes the relation once; False checks through a view, for wide or long tables.
    """

    boundary: Boundary
    name: str
    table: str
    keys: tuple[str, ...]
    relation: Callable[[Sources], str | None]
    checks: tuple[Check, ...]
    requires: tuple[str, ...] = ()
    is_computed: bool = True
