"""Rules of the app: pages by header, published marts only, no ciphertexts, nothing clear in the address."""

import re
from pathlib import Path

import pytest

from dashboards.navigation import PAGES_FOLDER, _read_header, discover

ROOT = PAGES_FOLDER.parent
QUERIES = sorted((ROOT / "queries").glob("*.py"))


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


def test_no_query_reads_a_ciphertext():
    for path in QUERIES:
        source = path.read_text(encoding="utf-8")
        assert "_cipher" not in source, path
        assert not re.search(r"select \* from marts\.customer(s|_identifiers)\b", source), path


def test_queries_read_published_schemas_only():
    for path in QUERIES:
        source = re.sub(r"(?m)^from .*$", "", path.read_text(encoding="utf-8"))
        schemas = set(re.findall(r"\b(?:from|join) ([a-z_]+)\.\w", source))
        assert schemas <= {"marts", "segments", "campaigns", "publication"}, path


def test_the_app_listens_on_this_machine_only_and_tells_nobody():
    config = (Path(ROOT).parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert 'address = "127.0.0.1"' in config
    assert "gatherUsageStats = false" in config
