"""Every clear phone, e-mail and name that the demo's landing files hold, for the test that looks for them elsewhere."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from python_calamine import load_workbook

from demo_retailer import vocabulary as words
from stores.duckdb_connection import open_scratch
from stores.settings import Settings

_SHORTEST_DIGITS = 10
_SHORTEST_NAME = 3
_TITLES = ("先生", "女士")
_IN_TEXT = re.compile(r"1[3-9][0-9]{9}|[A-Za-z0-9._]+@[A-Za-z0-9.]+")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")


def clear_values(settings: Settings) -> set[str]:
    """Collect the clear values of the demo as they were typed and as they read once normalised.

    Names of fewer than three characters, titles not counted, and names that are also part of a city, a product or
    another word of the demo are left out: finding them elsewhere would prove nothing.

    Args:
        settings: whose landing folder.
    """
    landing = settings.landing
    phones = {value for value in _phones(landing) if value}
    emails = {value for value in _emails(landing) if value}
    names = {value for value in _names(landing) if value}
    for text in _texts(landing):
        for found in _IN_TEXT.findall(text or ""):
            (emails if "@" in found else phones).add(found)
    return {*_spelled_phones(phones), *_spelled_emails(emails), *_spelled_names(names)}


def _spelled_phones(phones: Iterable[str]) -> Iterator[str]:
    for phone in phones:
        digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", phone))
        if match := _MOBILE.fullmatch(digits):
            yield from (match[1], f"+86{match[1]}")
        if len(digits) >= _SHORTEST_DIGITS:
            yield phone.strip()


def _spelled_emails(emails: Iterable[str]) -> Iterator[str]:
    for email in emails:
        yield from (email.strip(), unicodedata.normalize("NFKC", email).strip().lower())


def _spelled_names(names: Iterable[str]) -> Iterator[str]:
    vocabulary = "\n".join(_vocabulary())
    for name in names:
        bare = " ".join(unicodedata.normalize("NFKC", name).split())
        for title in _TITLES:
            bare = bare.removesuffix(title)
        if len(bare) >= _SHORTEST_NAME and bare not in vocabulary and not bare.startswith("测试"):
            yield from (name.strip(), bare, bare.casefold())


def _vocabulary() -> Iterator[str]:
    for table in ("cities", "products", "stores", "ticket_texts", "survey_comments"):
        for column in words.table(table).columns:
            yield from (str(value) for value in column.to_pylist())


def _phones(landing: Path) -> Iterator[str]:
    yield from _parquet(landing, "shop/customers_*.parquet", "mobile")
    yield from _parquet(landing, "app/app_users_*.parquet", "phone")
    yield from _sqlite(landing / "pos" / "pos.db", "select phone from customers")
    yield from _sqlite(landing / "loyalty" / "loyalty.db", "select phone from members")
    yield from _json_lines(landing, "service/tickets_*.jsonl", "phone")
    yield from _sheets(landing, 2)
    yield from _csv(landing, "surveys", "gbk", 3)
    yield from _csv(landing, "activities", "utf-8", 5)
    for contact in _contacts(landing):
        yield from contact["follow_info"]["remark_mobiles"]


def _emails(landing: Path) -> Iterator[str]:
    yield from _parquet(landing, "shop/customers_*.parquet", "email")
    yield from _sqlite(landing / "loyalty" / "loyalty.db", "select email from members")
    yield from _json_lines(landing, "service/tickets_*.jsonl", "email")
    yield from _sheets(landing, 3)


def _names(landing: Path) -> Iterator[str]:
    yield from _parquet(landing, "shop/customers_*.parquet", "name")
    yield from _parquet(landing, "app/app_users_*.parquet", "name")
    yield from _sqlite(landing / "pos" / "pos.db", "select name from customers")
    yield from _sqlite(landing / "loyalty" / "loyalty.db", "select name from members")
    yield from _json_lines(landing, "service/tickets_*.jsonl", "customer_name")
    yield from _sheets(landing, 1)
    yield from _csv(landing, "activities", "utf-8", 4)
    for contact in _contacts(landing):
        yield str(contact["follow_info"]["remark"])


def _texts(landing: Path) -> Iterator[str]:
    yield from _json_lines(landing, "service/tickets_*.jsonl", "text")
    yield from _csv(landing, "surveys", "gbk", 7)


def _parquet(landing: Path, pattern: str, column: str) -> Iterator[str]:
    if any(landing.glob(pattern)):
        with open_scratch() as connection:
            rows = connection.execute(f"select distinct {column} from read_parquet(?)", [str(landing / pattern)])
            yield from (value for (value,) in rows.fetchall())


def _sqlite(path: Path, query: str) -> Iterator[str]:
    if path.exists():
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        yield from (value for (value,) in connection.execute(query))
        connection.close()


def _json_lines(landing: Path, pattern: str, field: str) -> Iterator[str]:
    for path in landing.glob(pattern):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line).get(field)
            except ValueError:
                continue  # one of the broken lines


def _csv(landing: Path, channel: str, encoding: str, column: int) -> Iterator[str]:
    """One column of the demo's CSV files; no field of theirs but a broken one has a quote or a comma in it."""
    for path in (landing / channel).glob("*.csv"):
        for line in path.read_text(encoding=encoding).splitlines()[1:]:
            fields = line.split(",")
            if len(fields) > column:
                yield fields[column].strip('"')


def _sheets(landing: Path, column: int) -> Iterator[str]:
    for path in (landing / "exhibitions").glob("*.xlsx"):
        for row in load_workbook(path).get_sheet_by_index(0).to_python()[1:]:
            yield str(row[column])


def _contacts(landing: Path) -> Iterator[dict[str, dict[str, list[str] | str]]]:
    for path in (landing / "wecom").glob("contacts_*.json"):
        yield from json.loads(path.read_text(encoding="utf-8"))["external_contact_list"]
