"""The test publication and the app run on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.navigation import discover
from serving.published_copy import PublishedCopy
from stores.settings import Settings, load_settings
from tests.testing import small_publication

HERE = Path(__file__).resolve().parent
APP = HERE.parent.parent / "dashboards" / "app.py"


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder with the test publication, shared by all tests that only read."""
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


@pytest.fixture
def published(installation: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The test publication as the installation that the app reads."""
    monkeypatch.setenv("GUANXI_HOME", str(installation.home))
    # The looks of other tests do not count.
    monkeypatch.setenv("GUANXI_OPERATIONS_URL", f"sqlite:///{tmp_path}/operations.db")
    (installation.lake / "operations_record.json").unlink(missing_ok=True)
    return installation


@pytest.fixture
def own(installation: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A copy of the test publication that a test may damage."""
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    # without the note of an operations store that another test had
    shutil.copytree(installation.home, settings.home, ignore=shutil.ignore_patterns("operations_record.json"))
    yield settings
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def ask(published: Settings) -> Callable[..., list[tuple]]:
    """Ask the publication directly, past the app."""
    path = next(published.published.glob("serving-*.duckdb"))

    def answer(sql: str, *parameters: object) -> list[tuple]:
        with PublishedCopy(path) as copy:
            return copy.values(sql, parameters)

    return answer


@pytest.fixture
def open_app() -> Callable[..., AppTest]:
    """Open a page of the app with what its address says: `open_app("segments", "en", segments_view="named")`."""

    def opened(page: str = "overview", language: str = "zh_CN", **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30)
        app.session_state["language"] = language
        for name, value in query.items():
            app.query_params[name] = value
        if page != "overview":
            path = next(header.path for header in discover() if header.path.stem == page)
            app.switch_page(str(path.relative_to(APP.parent)))
        return app.run()

    return opened
