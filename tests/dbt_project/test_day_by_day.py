"""Day after day the tables that are kept hold the same rows as a build from nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.dbt.day_runs import differing_tables


# With a quiet day, the first of a month, and a day left out.
@pytest.mark.parametrize(("seed", "days"), [(1, ("2026-06-26", "2026-06-30-", "2026-07-01", "2026-07-03="))])
def test_any_sequence_of_days_ends_in_the_rows_of_a_build_from_nothing(
    tmp_path: Path, seed: int, days: tuple[str, ...]
) -> None:
    assert differing_tables(tmp_path, seed, *days) == []
