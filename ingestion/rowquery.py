"""The SQL that sorts parsed rows of one reading into those that keep the contract and those that break it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from ingestion.binding import Binding
from ingestion.casting import as_text, cast, finite, fits_as_it_is, quick_cast
from ingestion.contract import Column, Table
from ingestion.privacy import protect, redact_column
from ingestion.raw import Field, Part, Raw
from ingestion.sql import identifier, literal
from ingestion.workspace import Workspace


@dataclass(frozen=True)
class Origin:
    """Where rows come from: the file's name and id, and the SQL for both (columns of the relation in a replay)."""

    source_file: str
    file_id: str
    source_file_sql: str
    file_id_sql: str

    @classmethod
    def of(cls, source_file: str, file_id: str) -> Origin:
        """Origin of the rows of one file or pull."""
        return cls(source_file, file_id, literal(source_file), literal(file_id))


class Query:
    """Queries over the parts of one reading.

    Personal columns are looked up in small tables of their distinct values, made here once: value, token, cipher, mask.

    Args:
        work: gives the connection and the keys.
        table: the contract.
        raw: the reading.
        binding: which field feeds which column.
        origin: what goes into the columns that say where a row came from.
    """

    def __init__(self, work: Workspace, table: Table, raw: Raw, binding: Binding, origin: Origin) -> None:
        self._work, self._table, self._raw, self._origin = work, table, raw, origin
        self._names = {field.name: f"s{index}" for index, field in enumerate(raw.fields)}
        self._bound = {name: field for name, field in binding.fields.items() if field is not None}
        self._nulls = tuple(table.nulls)
        for name, field in self._bound.items():
            if table.contract[name].is_personal:
                self._look_up(name, field)

    def plain(self, part: Part) -> str:
        """Rows that keep the contract at first sight: the lake table's columns in order, without `_dlt_load_id`."""
        rows = self._rows(part, list(self._bound.values()))
        return self._good(self._cast(rows, quick=True), self._broken())

    def left(self, part: Part) -> str:
        """Rows that `plain` passes over: their origin and all their fields as delivered."""
        own = ", ".join(["_line", "_source_file", "_file_id", *(self._names[field.name] for field in self._raw.fields)])
        rows = self._cast(self._rows(part, self._raw.fields), quick=True)
        return f"select {own} from ({rows}) where {self._broken()}"

    def odd(self, left: str) -> str:
        """Of the rows in table `left`, those that keep the contract when every accepted form of a value is tried."""
        return self._good(self._cast(f"select * from {left}", quick=False), self._broken())

    def bad(self, left: str) -> str:
        """The others: line, file, file id, what failed, then every source field as text.

        What failed is a comma list of `+column` (does not fit the type) and `-column` (required but empty).
        """
        names = [self._names[field.name] for field in self._raw.fields]
        texts = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
        cases = ", ".join(f"case when {condition} then {literal(what)} end" for what, condition in self._verdicts())
        cases = cases or "''"
        return (
            f"select _line, _source_file, _file_id, concat_ws(',', {cases}) as failed, {texts} "
            f"from ({self._cast(f'select * from {left}', quick=False)}) where {self._broken()}"
        )

    def _good(self, cast_rows: str, broken: str) -> str:
        columns, joins = [], []
        for name, column in self._table.contract.items():
            if not column.is_personal:
                columns.append(f"v_{name} as {identifier(name)}")
            elif name not in self._bound:
                columns += [f"cast(null as varchar) as {identifier(lake)}" for lake in _lake_names(name, column)]
            else:
                joins.append(f"left join k_{name} on k_{name}.value = t_{name}")
                names = _lake_names(name, column)
                columns += [f"k_{name}.{kept} as {identifier(lake)}" for lake, kept in names.items()]
        return (
            f"select {', '.join(columns)}, _source_file, _file_id, _line "
            f"from ({cast_rows}) {' '.join(joins)} where not ({broken})"
        )

    def _rows(self, part: Part, wanted: list[Field]) -> str:
        """Rows as delivered: origin and the wanted fields as s0, s1 and so on."""
        names = {self._names[field.name]: field.sql for field in wanted}
        fields = "".join(f", {expression} as {name}" for name, expression in names.items())
        origin = f"{self._origin.source_file_sql} as _source_file, {self._origin.file_id_sql} as _file_id"
        return f"select {part.line} as _line, {origin}{fields} from {part.relation}"

    def _cast(self, rows: str, quick: bool) -> str:
        """The rows plus, for every column, `t_<column>` (as text) and `v_<column>` (in the lake's type).

        One step a level (text, cast, check), so that no expression contains another one twice.
        """
        texts, values, checked = [], [], []
        for name, column in self._table.contract.items():
            field = self._bound.get(name)
            if field is None:
                if not column.is_personal:
                    checked.append(f"cast(null as {column.lake_type}) as v_{name}")
                continue
            source = self._names[field.name]
            texts.append(f"{self._text(field)} as t_{name}")
            if not column.is_personal:
                if fits_as_it_is(column, field.type):
                    value = f"try_cast({source} as {column.lake_type})"
                else:
                    value = (quick_cast if quick else cast)(column, f"t_{name}")
                values.append(f"{value} as w_{name}")
                checked.append(f"{finite(column, f'w_{name}')} as v_{name}")
        for step in (texts, values, checked):
            if step:
                rows = f"select *, {', '.join(step)} from ({rows})"
        return rows

    def _text(self, field: Field) -> str:
        return as_text(self._names[field.name], field.type, self._nulls, self._raw.blank_is_null)

    def _broken(self) -> str:
        """Whether a row of `_cast` breaks the contract."""
        return " or ".join(condition for _, condition in self._verdicts()) or "false"

    def _verdicts(self) -> list[tuple[str, str]]:
        """What can be wrong with a row, with the condition for it over the columns of `_cast`."""
        verdicts = []
        for name, field in self._bound.items():
            column = self._table.contract[name]
            given = self._names[field.name] if fits_as_it_is(column, field.type) else f"t_{name}"
            if not column.is_personal and column.type != "text":
                verdicts.append((f"+{name}", f"({given} is not null and v_{name} is null)"))
            if column.required:
                verdicts.append((f"-{name}", f"{given} is null"))
        return verdicts

    def _look_up(self, name: str, field: Field) -> None:
        column = self._table.contract[name]
        text = self._text(field)
        every = " union all ".join(self._rows(part, [field]) for part in self._raw.parts)
        distinct = f"select distinct {text} as value from ({every}) where {text} is not null"
        values = self._work.connection.execute(distinct).to_arrow_table().column(0)
        kept = (
            {"redacted": redact_column(values, self._work.settings.country)}
            if column.type == "free_text"
            else protect(values, column.type, self._work.keyring, self._work.settings.country)
        )
        known = pa.table({"value": values, **kept})
        self._work.connection.register("known_values", known)
        self._work.connection.execute(f"create or replace temp table k_{name} as select * from known_values")
        self._work.connection.unregister("known_values")


def _lake_names(name: str, column: Column) -> dict[str, str]:
    """Lake column to the column of the look-up table that feeds it."""
    if column.type == "free_text":
        return {name: "redacted"}
    return {f"{name}_{part}": part for part in column.parts}
