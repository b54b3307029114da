"""Rows that do not fit: kept with file, line and reason, shown without personal data, sealed in full for a replay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from ingestion.contract.casting import answers
from ingestion.contract.currency_signs import currencies_of, may_mean, sign_beside
from ingestion.contract.rows_without_data import words
from ingestion.contract.table import Column
from ingestion.quarantine.answers import ShownAnswers
from ingestion.readers.parsed_file import BrokenRow
from stores.keyring import Keyring
from stores.normalisation import DEFAULT_COUNTRY, HIDDEN, mask, normalise, plain
from stores.redaction.text_redaction import redact_line

_NUMBER_OR_TIME = re.compile(
    r"(?=.*[0-9])[0-9 \u00a0\u202f.,:/+\-TZ年月日时分秒时時년월일시분초上下午前後오전후%¥￥$€£₩₹₽元円圆圓원eE]{1,40}"
)
_KNOWN_ANSWERS = 4  # that are shown of those for yes, the contract's own first, and of those for no
_TYPE_WORDS = {
    "int": "a whole number",
    "decimal": "a decimal number",
    "double": "a number",
    "bool": "yes or no",
    "date": "a date",
    "timestamp": "a time",
}


class QuarantineWriter:
    """Collects quarantine records of one file for one table.

    Args:
        keyring: seals the full row.
        target: table the rows were meant for.
        columns: contract of that table.
        bound: source field name to contract column name.
        now: naive business time of the run.
        country: ISO code of the country whose phone numbers are written without their country's code.
    """

    def __init__(
        self,
        keyring: Keyring,
        target: str,
        columns: Mapping[str, Column],
        bound: Mapping[str, str],
        now: datetime,
        country: str = DEFAULT_COUNTRY,
    ) -> None:
        self._keyring, self._target, self._columns, self._bound, self._now = keyring, target, columns, bound, now
        self._country = country
        self._records: list[tuple[object, ...]] = []
        self._answers = ShownAnswers()

    def misfit(self, source_file: str, file_id: str, line: int, failed: str, row: dict[str, str | None]) -> None:
        """A parsed row that breaks the contract.

        Args:
            source_file: name of the file.
            file_id: sha256 of the file, or id of the pull.
            line: line in the file.
            failed: comma list of what is wrong, as `rowquery.Query.bad` says it.
            row: all source fields as text.
        """
        signs = {entry[1:]: entry[0] for entry in failed.split(",")}
        wrong = {name: sign for name, sign in signs.items() if sign != "!"}
        reasons = words(signs) or [self._reason(name, sign, row) for name, sign in wrong.items()]
        shown = {field: self._shown(field, value, wrong) for field, value in row.items()}
        self._add(source_file, file_id, line, "; ".join(reasons), shown, {"fields": row})

    def broken(self, source_file: str, file_id: str, row: BrokenRow, header: list[str]) -> None:
        """A row that could not be parsed; nothing of its text is shown because nobody knows what is in it."""
        shown = {"text": HIDDEN, "characters": len(row.text)}
        self._add(source_file, file_id, row.line, row.reason, shown, {"text": row.text, "header": header})

    def whole_file(self, source_file: str, file_id: str, reason: str) -> None:
        """A file that cannot be read at all; line 0."""
        self._add(source_file, file_id, 0, reason, {"scope": "file"}, None)

    def note(self, source_file: str, file_id: str, reason: str) -> None:
        """Something about a file whose rows did load; line 0, counts no row."""
        self._add(source_file, file_id, 0, reason, {"scope": "note"}, None)

    def take(self) -> pa.Table:
        """The records so far as an Arrow table in the order of the quarantine's columns; starts empty."""
        names = (
            "target",
            "source_file",
            "file_id",
            "line",
            "reason",
            "row",
            "row_cipher",
            "quarantined_at",
            "row_token",
        )
        types = (*(pa.string(),) * 3, pa.int64(), *(pa.string(),) * 3, pa.timestamp("us"), pa.string())
        columns = list(zip(*self._records, strict=True)) if self._records else [()] * len(names)
        self._records = []
        typed = zip(names, columns, types, strict=True)
        return pa.table({name: pa.array(column, kind) for name, column, kind in typed})

    def __len__(self) -> int:
        return len(self._records)

    def _add(
        self,
        source_file: str,
        file_id: str,
        line: int,
        reason: str,
        shown: Mapping[str, object],
        sealed: Mapping[str, object] | None,
    ) -> None:
        whole = json.dumps(sealed, ensure_ascii=False)
        cipher = self._keyring.seal("row", whole) if sealed is not None else None
        # equal for equal rows: one that is delivered again is told as one
        token = self._keyring.token("row", whole) if sealed is not None else None
        # a header may hold a number where a file has none of its own
        text = json.dumps({redact_line(name): value for name, value in shown.items()}, ensure_ascii=False)
        told = (self._target, source_file, file_id, line, redact_line(reason), text)
        self._records.append((*told, cipher, self._now, token))

    def _reason(self, name: str, sign: str, row: dict[str, str | None]) -> str:
        if sign == "-":
            return f"{name}: required but empty"
        value = next((row[field] for field, column in self._bound.items() if column == name and field in row), None)
        shown = self._harmless(name, value)
        column = self._columns[name]
        if sign == "+" and column.is_number and value and (told := self._currency_reason(name, shown, value)):
            return told
        if sign == "~":
            return f"{name}: {shown} is a number that has lost digits; export the column as text"
        if sign == "?":
            return f"{name}: {shown} may be thousands or a fraction; say how many decimals it has (`scale`)"
        if sign == "^" and (scale := self._columns[name].between):
            return f"{name}: {shown} is not between {scale[0]} and {scale[1]}"
        if shown == HIDDEN:
            shown = f"text of {len(value or '')} characters"
        if column.words:
            return f"{name}: {shown} is not one of its words ({', '.join(map(str, column.words))})"
        if sign == ">":
            return f"{name}: {shown} is not a date of the past"
        allowed = ""
        if column.type == "bool":
            yes, no = (", ".join(known[:_KNOWN_ANSWERS]) for known in answers(column))
            allowed = f" (yes: {yes} …, no: {no} …)"
        return f"{name}: {shown} is not {_TYPE_WORDS[column.type]}{allowed}"

    def _currency_reason(self, name: str, shown: str, value: str) -> str:
        """What is wrong with the currency that an amount is written in; empty where nothing is."""
        column = self._columns[name]
        currencies = column.currency or currencies_of(self._country)
        known = ", ".join(currencies)
        sign = sign_beside(plain(value))
        if not sign:
            says_none = column.has_several_currencies and _NUMBER_OR_TIME.fullmatch(value)
            return f"{name}: {shown} does not say which of its currencies it is in ({known})" if says_none else ""
        meant = may_mean(sign, currencies)
        if not meant:
            return f"{name}: {shown} is in {sign}, the column in {known}"
        if column.has_several_currencies and len(meant) > 1:
            return f"{name}: {shown} is in {sign}, which may be {' or '.join(meant)}"
        return ""

    def _shown(self, field: str, value: str | None, wrong: Mapping[str, str]) -> str | None:
        if value is None or value == "":
            return value
        name = self._bound.get(field)
        if name is None:
            return HIDDEN  # an unknown column may hold anything
        column = self._columns[name]
        if column.is_token:
            return mask(column.type, normalise(column.type, value, self._country))
        if name in wrong:
            return self._harmless(name, value).strip("'")
        return redact_line(value, country=self._country)

    def _harmless(self, name: str, value: str | None) -> str:
        """A value of the wrong type in quotes if it looks like a number, a time or an answer; else it may be a name."""
        # a sign beside an amount is nobody's; anything else that is no number may be a name
        if value and (
            _NUMBER_OR_TIME.fullmatch(value) or (self._columns[name].is_number and sign_beside(plain(value)))
        ):
            return f"'{redact_line(value)}'"
        column = self._columns[name]
        is_answer = (column.type == "bool" or column.words) and self._answers.may_show(name, value, bool(column.words))
        return f"'{value}'" if is_answer else HIDDEN
