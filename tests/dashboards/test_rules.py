"""Rules of the app: pages by header, published marts only, no ciphertexts, nothing clear in the address."""

import re
from pathlib import Path

import pytest

from dashboards.navigation import PAGES_FOLDER, _read_header, discover

ROOT = PAGES_FOLDER.parent


def test_every_page_file_is_found_in_order():
    headers = discover()
    assert {header.path for header in headers} == set(PAGES_FOLDER.glob("*/[!_]*.py"))
    assert headers[0].path.stem == "overview", "where the app opens"
    orders = [header.order for header in headers]
    assert orders == sorted(set(orders)), "two pages have one place"
    assert all(header.path.is_absolute() for header in headers)


@pytest.mark.parametrize("header", ["", 'PAGE = {"title": "page.x"}'])
def test_a_page_without_a_whole_header_is_named(tmp_path, header):
    page = tmp_path / "broken.py"
    page.write_text(f'"""A page."""\n{header}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(str(page))):
        _read_header(page)


def test_pages_have_no_sql_of_their_own():
    for path in sorted(ROOT.rglob("*.py")):
        assert not re.search(
            r"\b(?:from|join) (?:marts|segments|campaigns|rules)\.", path.read_text(encoding="utf-8")
        ), path


def test_no_question_of_a_page_reads_a_ciphertext():
    asked = set()
    for path in sorted((ROOT / "queries").glob("*.py")):
        asked |= set(re.findall(r"(?m)^from serving import (\w+)", path.read_text(encoding="utf-8")))
    assert {"customers", "overview", "segments", "quality"} <= asked
    for name in asked:
        source = (ROOT.parent / "serving" / f"{name}.py").read_text(encoding="utf-8")
        assert "_cipher" not in source, name
        assert not re.search(r"select \* from marts\.customer(s|_identifiers)\b", source), name


def test_the_app_listens_on_this_machine_only_and_tells_nobody():
    config = (Path(ROOT).parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert 'address = "127.0.0.1"' in config
    assert "gatherUsageStats = false" in config
