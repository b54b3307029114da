"""What a channel promises of one table: its columns, their types, its keys, and how its files are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestion.contract.consent_columns import ConsentColumn, ConsentQuestion, ConsentRows
from ingestion.contract.currency_signs import codes
from ingestion.contract.file_formats import ENCODINGS, FORMATS, format_of, is_text_encoding
from ingestion.personal_data.protection import parts_of_kind
from stores.errors import UserError
from stores.normalisation import plain

PLAIN_TYPES = ("text", "int", "decimal", "double", "bool", "date", "timestamp")
TOKEN_KINDS = ("phone", "any_phone", "email", "name", "given_name", "family_name", "id_number", "address")
COLUMN_TYPES = (*PLAIN_TYPES, *TOKEN_KINDS, "free_text")
_NUMBERS = ("int", "decimal", "double")
RESERVED_TABLES = ("quarantine", "quarantine_replays", "file_ledger")
DELIMITERS = (",", "\t", ";", "|")

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def header_key(text: str) -> str:
    """The form in which two spellings of a header count as the same: plain letters, no outer blanks, no letter case."""
    return plain(text).casefold()


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        type: text, int, decimal, double, bool, date or timestamp; or a personal kind: phone, any_phone (of any
            country), email, name, given_name, family_name, id_number and address (each becomes `<column>_token`,
            `<column>_cipher`, `<column>_mask` and what else `ingestion.personal_data.protection` makes of its kind),
            free_text (stays one column, with what identifies somebody redacted).
        header: what the source calls it, one name or several; the column's own name always counts too. In JSON a name
            that starts with `$` is a JSON path.
        required: a row without a value goes to quarantine, a file without the column goes there whole.
        formats: for date and timestamp, strptime patterns tried in order instead of the usual ones.
        past: for date: a day after today goes to quarantine, and a year of two digits (`%y`) is the latest one that is
            past, as for birthdays. Without it 00-68 are years from 2000 on, 69-99 those before.
        scale: decimals behind the point, for decimal (18 digits in all).
        decimal_mark: for decimal and double in text: "." (1,234.50) or "," (1.234,50).
        true: for bool, more words that mean yes; likewise `false`.
        false: more words that mean no.
        unanswered: for bool, words that mean that nobody answered; in consents as rows such a row says nothing.
        words: for text with a fixed list of words: the source's word to ours, None for one that means nothing here. A
            row with any other word goes to quarantine. Letter case and outer blanks do not matter.
        between: for int, decimal and double, the lowest and the highest value of its scale, (1, 10) for a score. A row
            with another value goes to quarantine.
        currency: for int, decimal and double, the ISO 4217 code of its amounts: a sign or code of another currency
            beside one sends its row to quarantine. Several codes: each amount says which one, and the lake has it in
            `<column>_currency`. None: the currency of the installation's country.
    """

    type: str = "text"
    header: str | Sequence[str] = ()
    required: bool = False
    formats: str | Sequence[str] = ()
    past: bool = False
    scale: int = 2
    decimal_mark: str = "."
    true: Sequence[str] = ()
    false: Sequence[str] = ()
    unanswered: Sequence[str] = ()
    words: Mapping[str, str | None] = field(default_factory=dict)
    between: tuple[float, float] | None = None
    currency: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.type not in COLUMN_TYPES:
            raise UserError(f"Column type {self.type!r} is unknown. Use one of {', '.join(COLUMN_TYPES)}.")
        if self.decimal_mark not in (".", ","):
            raise UserError(f"Column decimal_mark {self.decimal_mark!r} is unknown. Use '.' or ','.")
        for name in ("header", "formats", "currency"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        if self.past and self.type != "date":
            raise UserError(f"Column past is for columns of type date, not {self.type}.")
        if self.unanswered and self.type != "bool":
            raise UserError(f"Column unanswered is for columns of type bool, not {self.type}.")
        for word in self.unanswered:
            if header_key(word) in map(header_key, (*self.true, *self.false)):
                raise UserError(f"Column unanswered names {word!r}, which is also one of its words for yes or no.")
        if self.words and self.type != "text":
            raise UserError(f"Column words are for columns of type text, not {self.type}.")
        if self.between and (not self.is_number or self.between[0] > self.between[1]):
            raise UserError(f"Column between={self.between} is for numbers, the lowest value first.")
        self._hold_currency()
        meanings: dict[str, str | None] = {}
        for word, meaning in self.words.items():
            if meanings.setdefault(header_key(str(word)), meaning) != meaning:
                raise UserError(
                    f"Column words give {word!r} two meanings: {meanings[header_key(str(word))]}, {meaning}."
                )

    def _hold_currency(self) -> None:
        if self.currency and not self.is_number:
            raise UserError(f"Column currency is for numbers, not for columns of type {self.type}.")
        for code in self.currency:
            if code not in codes():
                raise UserError(f"Column currency {code!r} is unknown. Use ISO 4217 codes such as 'EUR'.")

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in _NUMBERS

    @property
    def has_several_currencies(self) -> bool:
        """Whether each amount says its own currency."""
        return len(self.currency) > 1

    @property
    def unanswered_words(self) -> list[str]:
        """The words of `unanswered` in the form in which cells are held against them."""
        return [plain(word).lower() for word in self.unanswered]

    @property
    def known_words(self) -> list[str]:
        """Our words that `words` translates into, each once."""
        return list(dict.fromkeys(meaning for meaning in self.words.values() if meaning is not None))

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
        consents: where consents stand: `ConsentColumn` for a column of answers, by the first key column of whose row
            the profile is known (without a key each identifier answers for itself alone); `ConsentRows` where each
            answer is a row.
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
    consents: Sequence[ConsentColumn | ConsentRows] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name in RESERVED_TABLES:
            raise UserError(f"Table name {self.name!r} must be snake_case and none of {', '.join(RESERVED_TABLES)}.")
        columns: dict[str, Column] = {}
        for name, declared in self.columns.items():
            if not NAME.fullmatch(name):
                raise UserError(f"Table {self.name}: column name {name!r} must be snake_case.")
            column = Column(declared) if isinstance(declared, str) else declared
            if name in self.key or any(name in consent.columns_required() for consent in self.consents):
                column = Column(**{**column.__dict__, "required": True})
            columns[name] = column
        for name, column in columns.items():
            if column.has_several_currencies and f"{name}_currency" in columns:
                raise UserError(
                    f"Table {self.name}: {name} has several currencies, so the lake keeps them in {name}_currency; "
                    "call that column otherwise."
                )
        single = [(role, [name]) for role, name in (("cursor", self.cursor), ("document", self.document)) if name]
        for role, names in (("key", self.key), *single):
            for name in names:
                if name not in columns or columns[name].is_personal:
                    raise UserError(f"Table {self.name}: {role} {name!r} must be a declared column, not personal.")
        if self.cursor and columns[self.cursor].type != "timestamp":
            raise UserError(f"Table {self.name}: cursor {self.cursor!r} must be of type timestamp.")
        if self.lookback_days < 0 or self.compare_days < 0:
            raise UserError(f"Table {self.name}: lookback_days and compare_days are numbers of days, 0 or more.")
        self._hold_consents_against(columns)
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

    def _hold_consents_against(self, columns: Mapping[str, Column]) -> None:
        for consent in self.consents:
            named = consent.columns_named()
            missing = [name for name in named.values() if name not in columns]
            if missing:
                raise UserError(f"Table {self.name}: consents name {missing[0]!r}, which is no column of it.")
            for what, kind in (("granted", "bool"), ("changed_at", "timestamp")):
                if what in named and columns[named[what]].type not in (kind, "date" if kind == "timestamp" else kind):
                    raise UserError(f"Table {self.name}: consents: {what} {named[what]!r} must be of type {kind}.")
            if "customer" in named and columns[named["customer"]].is_personal:
                raise UserError(f"Table {self.name}: consents: customer {named['customer']!r} must not be personal.")
            for name in consent.columns_of_words():
                if not columns[name].known_words:
                    example = '{"SMS": "sms", "Newsletter": "email", "Post": None}'
                    raise UserError(
                        f"Table {self.name}: consents: the column {name!r} needs `words` that say what each of its "
                        f"words means, as in words={example}."
                    )

    @property
    def consent_questions(self) -> list[ConsentQuestion]:
        """Every question about consent that its rows answer."""
        return [one for consent in self.consents for one in consent.questions(self.contract, self.key)]

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
            if column.has_several_currencies:
                lake[f"{name}_currency"] = "varchar"
        return lake
