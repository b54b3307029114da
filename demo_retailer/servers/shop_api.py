"""The web shop's REST API: pages of accounts and orders, changed since a moment, served out of the Parquet files."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from stores.duckdb_connection import open_scratch

MOST_ROWS = 5_000
_BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
_KEYS = {"customers": "customer_id", "orders": "order_id"}
_BEGINNING = datetime(1970, 1, 1)


class BadRequestError(Exception):
    """The caller asked for something that is not there to ask for; the text says what is wrong."""


@dataclass
class ShopApi:
    """Answers page requests; safe to call from several threads.

    Args:
        folder: where the shop's Parquet files are; files that appear later are served from the next request on.
    """

    folder: Path
    _connection: duckdb.DuckDBPyConnection = field(init=False, repr=False)
    _tables: tempfile.TemporaryDirectory[str] = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _loaded: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        # On disk: a large shop's rows would take more memory than the platform that reads them.
        self._tables = tempfile.TemporaryDirectory(prefix="guanxi-shop-")
        spill = f"{self._tables.name}/spill"
        self._connection = open_scratch(threads=2, memory_limit="1GB", temp_directory=spill)
        self._connection.execute(f"attach '{self._tables.name}/shop.duckdb' as shop")

    def load(self) -> None:
        """Load what is there, so that the first request need not wait for it."""
        with self._lock:
            for resource in _KEYS:
                self._refresh(resource)

    def close(self) -> None:
        """Free memory and disk."""
        self._connection.close()
        self._tables.cleanup()

    def page(self, resource: str, updated_since: str | None, page: int, page_size: int) -> str:
        """One page as JSON text: `{"data": […], "page": N, "next_page": N+1 or null}`.

        Args:
            resource: `customers` or `orders`.
            updated_since: ISO 8601; rows changed at or after it, all rows without it. With an offset it is converted to
                the business time zone, without one it is taken as business time.
            page: from 1.
            page_size: rows per page, at most 5,000.

        Raises:
            BadRequestError: a parameter is out of range or not a time.
        """
        if resource not in _KEYS:
            raise BadRequestError(f"unknown resource {resource!r}")
        if page < 1 or not 1 <= page_size <= MOST_ROWS:
            raise BadRequestError(f"page must be at least 1 and page_size 1 to {MOST_ROWS}")
        since = _moment(updated_since)
        with self._lock:
            self._refresh(resource)
            cursor = self._connection.cursor()
        with cursor:
            skipped, total = cursor.execute(
                f"select count(*) filter (updated_at < ?), count(*) from shop.{resource}", [since]
            ).fetchall()[0]
            start = skipped + (page - 1) * page_size
            (rows,) = cursor.execute(
                f"""
                select coalesce(string_agg(body, ',' order by position), '')
                from shop.{resource}
                where position >= ? and position < ?
                """,
                [start, start + page_size],
            ).fetchall()[0]
        following = page + 1 if start + page_size < total else "null"
        return f'{{"data":[{rows}],"page":{page},"next_page":{following}}}'

    def _refresh(self, resource: str) -> None:
        """Load the files again when one was added: sorted by change, so that a new row never shifts an old page."""
        files = tuple(str(path) for path in sorted(self.folder.glob(f"{resource}_*.parquet")))
        if self._loaded.get(resource) == files:
            return
        if files:
            source = f"read_parquet({list(files)!r}, union_by_name = true)"
            rows = f"""
                select
                    updated_at,
                    row_number() over (order by updated_at, {_KEYS[resource]}) - 1 as position,
                    {_json_of(self._connection, source)} as body
                from {source}
                order by position
            """
        else:
            rows = "select null::timestamp as updated_at, 0::bigint as position, '' as body where false"
        self._connection.execute(f"create or replace table shop.{resource} as {rows}")
        self._loaded[resource] = files


def _json_of(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """The SQL that spells a row as JSON: money as text, the change time with its offset."""
    fields = []
    for name, kind, *_ in connection.execute(f"describe select * from {source}").fetchall():
        value = name
        if kind.startswith("DECIMAL"):
            value = f"{name}::varchar"
        elif kind == "TIMESTAMP":
            value = f"strftime({name}, '%Y-%m-%dT%H:%M:%S+08:00')"
        elif name == "lines":
            value = """list_transform(lines, lambda line: json_object(
                'line_no', line.line_no, 'sku', line.sku, 'product_name', line.product_name,
                'category', line.category, 'quantity', line.quantity,
                'unit_price', line.unit_price::varchar, 'amount', line.amount::varchar))"""
        fields.append(f"'{name}', {value}")
    return f"json_object({', '.join(fields)})::varchar"


def _moment(text: str | None) -> datetime:
    if not text:
        return _BEGINNING
    # A client that does not escape the plus of +08:00 sends a blank.
    written = text.replace(" ", "+") if "T" in text else text
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as bad:
        raise BadRequestError(f"updated_since={text!r} is not an ISO 8601 time") from bad
    return moment.astimezone(_BUSINESS_ZONE).replace(tzinfo=None) if moment.tzinfo else moment
