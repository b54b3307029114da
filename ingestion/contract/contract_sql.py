"""The SQL that sorts parsed rows of one reading into those that keep the contract and those that break it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from ingestion.contract.casting import as_text, cast, finite, fits_as_it_is, in_one_spelling, no_known_word, quick_cast
from ingestion.contract.column_mapping import ColumnMapping
from ingestion.contract.number_casting import currency
from ingestion.contract.rows_without_data import lost_digits, maybe_thousands, no_key, of_rows
from ingestion.contract.table import Column, Table
from ingestion.personal_data.protection import protect_column, redact_column
from ingestion.personal_data.sealed_values import SealedValues
from ingestion.readers.parsed_file import Field, ParsedFile, Part
from stores.duckdb_connection import identifier, literal
from stores.keyring import Keyring

BATCH = "batch_of_rows"


class Unprotected(RuntimeError):
    """A personal value could not be replaced: a defect; the message says where the value is, never what it is."""


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


class ContractQuery:
    """Queries over the parts of one reading, and over batches of their rows.

    A batch has the columns `_line`, `_source_file`, `_file_id`, s0, s1 … (the fields as delivered) and, for personal
    columns, what replaces them: k_<lake column>.

    Args:
        table: the contract.
        raw: the reading.
        binding: which field feeds which column.
        origin: what goes into the columns that say where a row came from.
        home: currencies of amounts whose column names none.
    """

    def __init__(
        self, table: Table, raw: ParsedFile, binding: ColumnMapping, origin: Origin, home: Sequence[str] = ()
    ) -> None:
        self._home = home
        self._table, self._raw, self._origin = table, raw, origin
        self._names = {field.name: f"s{index}" for index, field in enumerate(raw.fields)}
        self._bound = {name: field for name, field in binding.fields.items() if field is not None}
        self._personal = [name for name in self._bound if table.contract[name].is_personal]
        self._nulls = tuple(table.nulls)

    @property
    def has_personal(self) -> bool:
        """Whether any field has to be replaced before it may be written."""
        return bool(self._personal)

    def delivered(self, part: Part) -> str:
        """All rows of a part as delivered, with the text of each personal column: what `protected` takes."""
        rows = self._rows(part, self._raw.fields)
        texts = "".join(f", {self._text(self._bound[name])} as t_{name}" for name in self._personal)
        return f"select *{texts} from ({rows})" if texts else rows

    def protected(self, batch: pa.Table, keyring: Keyring, country: str, keep: SealedValues) -> pa.Table:
        """The batch with what may be written of its personal columns beside them.

        Raises:
            Unprotected: a value defies it.
        """
        for name in self._personal:
            column = self._table.contract[name]

            def replace(values: pa.ChunkedArray, column: Column = column) -> dict[str, pa.Array]:
                if column.type == "free_text":
                    return {"redacted": redact_column(values, country)}
                return protect_column(values, column.type, keyring, country, keep)

            values = batch.column(f"t_{name}")
            try:
                parts = replace(values)
            except Exception as bad:
                row = _first_failing(replace, values)
                where = f"line {batch.column('_line')[row].as_py()} of {batch.column('_source_file')[row].as_py()}"
                # `from None`: the first message may quote the value
                raise Unprotected(
                    f"{self._table.name}.{name}: the value in {where} could not be made unreadable "
                    f"({type(bad).__name__}), so nothing of it was loaded. Take that row out and report this defect."
                ) from None
            for lake, kept in _lake_names(name, column).items():
                batch = batch.append_column(f"k_{lake}", parts[kept])
        return batch

    def plain(self, part: Part | None = None) -> str:
        """Rows that keep the contract at first sight: the lake table's columns in order, without `_dlt_load_id`.

        Args:
            part: read them from this part instead of the batch; for tables without personal columns.
        """
        rows = BATCH if part is None else f"({self._rows(part, list(self._bound.values()))})"
        return self._good(self._cast(rows, quick=True))

    def left(self, part: Part | None = None) -> str:
        """Rows that `plain` passes over, as a batch has them."""
        rows = BATCH if part is None else f"({self._rows(part, self._raw.fields)})"
        own = ["_line", "_source_file", "_file_id", *(self._names[field.name] for field in self._raw.fields)]
        own += [f"{kind}_{name}" for kind, names in (("t", self._personal), ("k", self._replaced())) for name in names]
        return f"select {', '.join(own)} from ({self._cast(rows, quick=True)}) where {self._broken()}"

    def odd(self, left: str) -> str:
        """Of the rows in table `left`, those that keep the contract when every accepted form of a value is tried."""
        return self._good(self._cast(left, quick=False))

    def bad(self, left: str) -> str:
        """The others: line, file, file id, what failed, then every source field as text.

        What failed is a comma list of `+column` (does not fit the type), `-column` (required but empty), `~column`
        (lost digits), `?column` (may be thousands), `^column` (beyond its scale), `>column` (a day after today) and
        `!what` (the row is no data).
        """
        names = [self._names[field.name] for field in self._raw.fields]
        texts = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
        cases = ", ".join(
            f"case when {condition} then {literal(what)} end"
            for what, condition in (*self._verdicts(), *self._future())
        )
        return (
            f"select _line, _source_file, _file_id, concat_ws(',', {cases or literal('')}) as failed, {texts} "
            f"from ({self._cast(left, quick=False)}) where {self._broken()}"
        )

    def _good(self, cast_rows: str) -> str:
        columns = []
        for name, column in self._table.contract.items():
            if not column.is_personal:
                columns.append(f"v_{name} as {identifier(name)}")
                if column.has_several_currencies:
                    columns.append(f"c_{name} as {identifier(f'{name}_currency')}")
            elif name not in self._bound:
                columns += [f"cast(null as varchar) as {identifier(lake)}" for lake in _lake_names(name, column)]
            else:
                columns += [f"k_{lake} as {identifier(lake)}" for lake in _lake_names(name, column)]
        origin = "_source_file, _file_id, _line"
        return f"select {', '.join(columns)}, {origin} from ({cast_rows}) where not ({self._broken()})"

    def _replaced(self) -> list[str]:
        return [lake for name in self._personal for lake in _lake_names(name, self._table.contract[name])]

    def _rows(self, part: Part, wanted: list[Field]) -> str:
        """Rows as delivered: origin and the wanted fields as s0, s1 and so on."""
        names = {self._names[field.name]: field.sql for field in wanted}
        fields = "".join(f", {expression} as {name}" for name, expression in names.items())
        origin = f"{self._origin.source_file_sql} as _source_file, {self._origin.file_id_sql} as _file_id"
        return f"select {part.line} as _line, {origin}{fields} from {part.relation}"

    def _cast(self, rows: str, quick: bool) -> str:
        """The rows plus, for every plain column, `t_<column>` (as text) and `v_<column>` (in the lake's type).

        One step a level (text, cast, check), so that no expression contains another one twice.
        """
        texts, values, checked = [], [], []
        for name, column in self._table.contract.items():
            if column.is_personal:
                continue
            field = self._bound.get(name)
            if field is None:
                checked.append(f"cast(null as {column.lake_type}) as v_{name}")
                if column.has_several_currencies:
                    checked.append(f"cast(null as varchar) as c_{name}")
                continue
            source = self._names[field.name]
            text = self._text(field)
            if not quick and (column.type != "text" or column.words):
                text = in_one_spelling(text)
            texts.append(f"{text} as t_{name}")
            if fits_as_it_is(column, field.type):
                value = f"try_cast({source} as {column.lake_type})"
            else:
                value = quick_cast(column, f"t_{name}") if quick else cast(column, f"t_{name}", self._home)
            if column.has_several_currencies:
                said = "cast(null as varchar)" if quick else currency(column, f"t_{name}")
                values.append(f"{said} as c_{name}")
            values.append(f"{value} as w_{name}")
            checked.append(f"{finite(column, f'w_{name}')} as v_{name}")
        steps = [step for step in (texts, values, checked) if step]
        for step in steps:
            source = rows if step is steps[0] else f"({rows})"
            rows = f"select *, {', '.join(step)} from {source}"
        return rows if steps else f"from {rows}"

    def _text(self, field: Field) -> str:
        return as_text(self._names[field.name], field.type, self._nulls, self._raw.blank_is_null)

    def _broken(self) -> str:
        """Whether a row of `_cast` breaks the contract."""
        return " or ".join(condition for _, condition in self._verdicts()) or "false"

    def _verdicts(self) -> list[tuple[str, str]]:
        """What can be wrong with a row, with the condition for it over the columns of `_cast`."""
        bound = {field.name: name for name, field in self._bound.items()}
        fields = [(bound[name], name, source) for name, source in self._names.items() if name in bound]
        verdicts = [(f"!{what}", condition) for what, condition in of_rows(self._table, fields)]
        for name, field in self._bound.items():
            column = self._table.contract[name]
            given = self._names[field.name] if fits_as_it_is(column, field.type) else f"t_{name}"
            if not column.is_personal and column.type != "text":
                is_none = ""
                if column.unanswered and given == f"t_{name}":
                    words = ", ".join(literal(word) for word in column.unanswered_words)
                    is_none = f" and lower(trim({given})) not in ({words})"
                verdicts.append((f"+{name}", f"({given} is not null and v_{name} is null{is_none})"))
                if unclear := maybe_thousands(self._table, column, given):
                    verdicts.append((f"?{name}", f"coalesce({unclear}, false)"))
            if column.between:
                low, high = column.between
                verdicts.append((f"^{name}", f"coalesce(v_{name} not between {low} and {high}, false)"))
            if column.words:
                verdicts.append((f"+{name}", no_known_word(column, given)))
            if column.type == "text":
                verdicts.append((f"~{name}", f"coalesce({lost_digits(given)}, false)"))
            if column.required:
                is_nothing = (
                    f" or coalesce({no_key(given)}, false)" if name in self._table.key and column.type == "text" else ""
                )
                verdicts.append((f"-{name}", f"({given} is null{is_nothing})"))
        return verdicts

    def _future(self) -> list[tuple[str, str]]:
        """Of days that must have passed, those that are days and have not; asked only where a row is broken anyway."""
        past = {name: field for name, field in self._bound.items() if self._table.contract[name].past}
        verdicts = []
        for name, field in past.items():
            column = self._table.contract[name]
            if not fits_as_it_is(column, field.type):
                day = cast(replace(column, past=False), f"t_{name}")
                verdicts.append((f">{name}", f"(v_{name} is null and {day} is not null)"))
        return verdicts


def _first_failing(replace: Callable[[pa.ChunkedArray], object], values: pa.ChunkedArray) -> int:
    for row, value in enumerate(values):
        try:
            replace(pa.chunked_array([[value.as_py()]], pa.string()))
        except Exception:
            return row
    return 0


def _lake_names(name: str, column: Column) -> dict[str, str]:
    """Lake column to the part of the replaced value that feeds it."""
    if column.type == "free_text":
        return {name: "redacted"}
    return {f"{name}_{part}": part for part in column.parts}
