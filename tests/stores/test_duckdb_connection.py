"""What every DuckDB of the platform is given."""

from __future__ import annotations

import pytest

from stores.duckdb_connection import open_duckdb, threads_within
from stores.settings import Settings


@pytest.mark.parametrize(
    ("memory_limit", "threads", "works_with"),
    [("512MB", 2, 1), ("100MB", 2, 1), ("0.5 GB", 8, 1), ("1GB", 2, 2), ("2GB", 8, 4), ("8GB", 2, 2), ("1TB", 64, 64)],
)
def test_duckdb_works_with_no_more_threads_than_the_memory_is_enough_for(
    settings: Settings, memory_limit: str, threads: int, works_with: int
) -> None:
    bounded = settings.model_copy(update={"memory_limit": memory_limit, "threads": threads})
    assert threads_within(bounded) == works_with
    with open_duckdb(bounded) as connection:
        assert connection.execute("select current_setting('threads')").fetchone() == (works_with,)
