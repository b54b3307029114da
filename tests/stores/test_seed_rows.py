"""Rows of seeds, read without dbt."""

from pathlib import Path

import pytest

from stores.dbt_files.seed_rows import seed_rows
from stores.errors import UserError


def test_a_seed_is_found_in_any_folder_also_as_spreadsheets_save_it(tmp_path: Path) -> None:
    place = tmp_path / "seeds" / "campaigns" / "caps.csv"
    place.parent.mkdir(parents=True)
    place.write_text('\ufefftier,words\r\nhigh,"a, b"\r\n', encoding="utf-8")
    assert seed_rows(tmp_path, "caps") == [{"tier": "high", "words": "a, b"}]


def test_a_seed_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The seed caps\.csv is missing in .*seeds\. Bring it back"):
        seed_rows(tmp_path, "caps")
