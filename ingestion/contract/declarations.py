"""What a channel promises to deliver: declarations of columns, tables and channels.

A channel is one folder `ingestion/channels/<name>/` whose package exposes `CHANNEL`. For files nothing more than the
declaration is needed:

    CHANNEL = Channel(
        name="online_retail",
        title_zh="网店",
        tables=[
            Table(
                name="order_lines",
                pattern="online_retail*.csv.gz",
                columns={
                    "invoice": Column("text", "Invoice", required=True),
                    "quantity": Column("int", "Quantity"),
                    "ordered_at": Column("timestamp", "InvoiceDate"),
                    "price": Column("decimal", "Price", scale=4),
                    "customer_id": Column("text", "Customer ID"),
                    "phone": "phone",  # personal: becomes phone_token, phone_cipher, phone_mask
                },
            )
        ],
    )

and files dropped into `landing/<name>/` are loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from ingestion.contract.consent_columns import ConsentColumn
from ingestion.contract.file_formats import ENCODINGS, FORMATS, format_of, is_text_encoding
from ingestion.personal_data.protection import parts_of_kind
from stores.errors import UserError
from stores.normalisation import plain

if TYPE_CHECKING:
    from ingestion.sources.pull_source import Source

PLAIN_TYPES = ("text", "int", "decimal", "double", "bool", "date", "timestamp")
TOKEN_KINDS = ("phone", "any_phone", "email", "name", "given_name", "family_name", "id_number", "address")
COLUMN_TYPES = (*PLAIN_TYPES, *TOKEN_KINDS, "free_text")
RESERVED_TABLES = ("quarantine", "quarantine_replays", "file_ledger")
DELIMITERS = (",", "\t", ";", "|")

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def header_key(text: str) -> str:
    """The form in which two spellings of a header count as the same: plain letters, no outer blanks, no letter case."""
    return plain(text).casefold()


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        type: text, int, decimal, double, bool, date or timestamp; or a personal kind: phone, any_phone (of any
            country), email, name, given_name, family_name, id_number and address (each becomes `<column>_token`,
            `<column>_cipher`, `<column>_mask` and what else `ingestion.personal_data.protection.protect` makes of its kind), free_text
            (stays one column, with what identifies somebody redacted).
        header: what the source calls it, one name or several; the column's own name always counts too. In JSON a name
            that starts with `$` is a JSON path.
        required: a row without a value goes to quarantine, a file without the column goes there whole.
        formats: for date and timestamp, strptime patterns tried in order instead of the usual ones.
        scale: decimals behind the point, for decimal (18 digits in all).
        decimal_mark: for decimal and double in text: "." (1,234.50) or "," (1.234,50).
        true: for bool, more words that mean yes; likewise `false`.
        false: more words that mean no.
    """

    type: str = "text"
    header: str | Sequence[str] = ()
    required: bool = False
    formats: str | Sequence[str] = ()
    scale: int = 2
    decimal_mark: str = "."
    true: Sequence[str] = ()
    false: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.type not in COLUMN_TYPES:
            raise UserError(f"Column type {self.type!r} is unknown. Use one of {', '.join(COLUMN_TYPES)}.")
        if self.decimal_mark not in (".", ","):
            raise UserError(f"Column decimal_mark {self.decimal_mark!r} is unknown. Use '.' or ','.")
        for name in ("header", "formats"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))

    @property
    def is_token(self) -> bool:
        """Whether the value is replaced by token, cipher and mask."""
        return self.type in TOKEN_KINDS

    @property
    def parts(self) -> tuple[str, ...]:
        """What a personal value is replaced by: the endings of its columns in the lake."""
        return parts_of_kind(self.type)

    @property
    def is_personal(self) -> bool:
        """Whether the value must never be written in clear."""
        return self.is_token or self.type == "free_text"

    @property
    def lake_type(self) -> str:
        """DuckDB type of the value in the lake."""
        plain = {"int": "bigint", "double": "double", "bool": "boolean", "date": "date", "timestamp": "timestamp"}
        if self.type == "decimal":
            return f"decimal(18,{self.scale})"
        return plain.get(self.type, "varchar")


@dataclass(frozen=True)
class Table:
    """One table of a channel and how its rows are found in the source.

    Attributes:
        name: table in the lake, `raw_<channel>.<name>`.
        columns: column name to `Column`, or to a bare type word.
        key: columns that identify a row (each is then required); empty: every row of every file is a row of its own.
        pattern: glob of the files in `landing/<channel>/` that hold the table; `.gz` may follow.
        description: one sentence for people.
        format: csv, jsonl, json, excel or parquet; by the pattern's ending when empty.
        delimiter: for csv; empty: the one of , tab ; | under which most of the declared headers are found.
            `whitespace` splits at any run of blanks.
        encoding: of text files, by its Python name; empty: UTF-8, UTF-16 with its mark, GBK/GB18030 and Big5 are told
            apart, others refused.
        has_header: False: the file's columns are the declared ones in their order.
        skip_rows: rows above the header that say something else (csv, excel).
        sheet: for excel; empty: every sheet whose header has the required columns.
        nulls: cell texts that mean "no value".
        records: for json (and APIs): document to the row dicts of this table.
        source_table: name of the table in a database source when it differs from `name`.
        cursor: column that tells when a row changed last, for database and API sources; a timestamp.
        lookback_days: how far before the last cursor to read again, for rows that were committed late.
        compare_days: after so many days the whole table is read and compared, for rows that came later still or whose
            cursor does not move; 0: never.
        document: column of a document that always arrives whole: a change in one row brings all its rows again.
        consents: the columns that hold consents; the first key column then names the profile.
    """

    name: str
    columns: Mapping[str, Column | str]
    key: Sequence[str] = ()
    pattern: str = ""
    description: str = ""
    format: str = ""
    delimiter: str = ""
    encoding: str = ""
    has_header: bool = True
    skip_rows: int = 0
    sheet: str = ""
    nulls: Sequence[str] = ("",)
    records: Callable[[Any], Iterable[dict[str, Any]]] | None = None
    source_table: str = ""
    cursor: str = ""
    lookback_days: float = 7.0
    compare_days: float = 7.0
    document: str = ""
    consents: Sequence[ConsentColumn] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in RESERVED_TABLES:
            raise UserError(f"Table name {self.name!r} must be snake_case and none of {', '.join(RESERVED_TABLES)}.")
        columns: dict[str, Column] = {}
        for name, declared in self.columns.items():
            if not _NAME.fullmatch(name):
                raise UserError(f"Table {self.name}: column name {name!r} must be snake_case.")
            column = Column(declared) if isinstance(declared, str) else declared
            if name in self.key:
                column = Column(**{**column.__dict__, "required": True})
            columns[name] = column
        single = [(role, [name]) for role, name in (("cursor", self.cursor), ("document", self.document)) if name]
        for role, names in (("key", self.key), *single):
            for name in names:
                if name not in columns or columns[name].is_personal:
                    raise UserError(f"Table {self.name}: {role} {name!r} must be a declared column, not personal.")
        if self.cursor and columns[self.cursor].type != "timestamp":
            raise UserError(f"Table {self.name}: cursor {self.cursor!r} must be of type timestamp.")
        if self.lookback_days < 0 or self.compare_days < 0:
            raise UserError(f"Table {self.name}: lookback_days and compare_days are numbers of days, 0 or more.")
        for consent in self.consents:
            if not self.key or not {consent.granted, consent.identifier} <= set(columns):
                raise UserError(f"Table {self.name}: consents need a key and declared columns.")
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "key", tuple(self.key))
        if self.pattern and not self.format:
            object.__setattr__(self, "format", format_of(self.name, self.pattern))
        if self.format and self.format not in FORMATS:
            raise UserError(f"Table {self.name}: format {self.format!r} is unknown. Use one of {', '.join(FORMATS)}.")
        if self.encoding and not is_text_encoding(self.encoding):
            raise UserError(f"Table {self.name}: encoding {self.encoding!r} is unknown. Use one such as {ENCODINGS}.")
        if self.format == "json" and self.records is None:
            raise UserError(f"Table {self.name}: a JSON document needs `records`, a function from document to rows.")

    @property
    def contract(self) -> dict[str, Column]:
        """The columns, every one a `Column`."""
        return {name: column for name, column in self.columns.items() if isinstance(column, Column)}

    @property
    def lake_columns(self) -> dict[str, str]:
        """Columns of the table in the lake with their DuckDB types, in order, without the technical ones."""
        lake: dict[str, str] = {}
        for name, column in self.contract.items():
            if column.is_token:
                lake.update({f"{name}_{part}": "varchar" for part in column.parts})
            else:
                lake[name] = column.lake_type
        return lake


class ChannelSettings(BaseModel):
    """Section `[channels.<name>]` of `.dlt/config.toml` for a channel of files; sources with more extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = Field("", description="folder of the files; landing/<channel> when empty")
    settle_seconds: float = Field(2.0, ge=0, le=3600, description="a file must have been unchanged for this long")
    give_up_seconds: float = Field(
        3600.0, ge=0, description="a half-written Parquet, gzip or JSON file is waited for this long, then quarantined"
    )


@dataclass(frozen=True)
class Channel:
    """One source of customer data.

    Attributes:
        name: package name under `ingestion/channels/`; the lake dataset is `raw_<name>`.
        title_zh: name on screen in Chinese; likewise `title_en`.
        title_en: name on screen in English; the channel's name when empty.
        tables: the tables it delivers.
        description: what it is and how it arrives, one or two sentences.
        freshness_hours: older than this, its data counts as stale.
        source: where to pull from; None: files in the landing folder.
        settings_model: pydantic model of its section in `.dlt/config.toml`.
    """

    name: str
    title_zh: str
    tables: Sequence[Table]
    title_en: str = ""
    description: str = ""
    freshness_hours: int = 48
    source: Source | None = None
    settings_model: type[ChannelSettings] = field(default=ChannelSettings)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UserError(f"Channel name {self.name!r} must be snake_case.")
        names = [table.name for table in self.tables]
        if not names or len(set(names)) < len(names):
            raise UserError(f"Channel {self.name}: needs at least one table, each with a name of its own.")
        if self.source is None:
            for table in self.tables:
                if not table.pattern:
                    raise UserError(f"Channel {self.name}, table {table.name}: `pattern` is missing (which files?).")

    @property
    def dataset(self) -> str:
        """Dataset in the lake, dbt source and asset-key prefix."""
        return f"raw_{self.name}"

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            UserError: there is none.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise UserError(f"Channel {self.name} has no table {name!r}; it has {', '.join(t.name for t in self.tables)}.")
