"""Pages that are prepared: their first reader asks the publication nothing, and looks are written down as nobody's."""

from unittest.mock import MagicMock

import pytest
import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.caching.storage.dummy_cache_storage import MemoryCacheStorageManager
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboards import commands, first_looks
from dashboards.queries import published_copy
from stores import operations


@pytest.fixture
def questions(published, monkeypatch):
    """What is asked of the publication and of the command line; a runtime stands as in the app's server."""
    asked, ask = [], published_copy._ask

    def noted(path, question, *values):
        asked.append(question.__qualname__)
        return ask(path, question, *values)

    monkeypatch.setattr(published_copy, "_ask", noted)
    answers = {"list": [], "preview": {"campaigns": [{}], "publication_id": "000001", "withheld_unknown": ""}}
    monkeypatch.setattr(commands, "ask", lambda *words: asked.append(words) or answers[words[1]])
    runtime = MagicMock(spec=Runtime)
    runtime.media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/media"))
    runtime.cache_storage_manager = MemoryCacheStorageManager()
    monkeypatch.setattr(Runtime, "_instance", runtime)
    st.cache_data.clear()
    yield asked
    st.cache_data.clear()


def test_who_looks_first_at_a_prepared_page_asks_nothing(questions, open_app):
    assert first_looks.look() == ["overview", "campaigns", "journeys"]
    assert len(questions) > 20
    questions.clear()
    for page in ("overview", "campaigns", "journeys"):
        for language in ("zh_CN", "en"):
            assert not open_app(page, language).exception
    assert questions == []


def test_a_look_ahead_is_written_down_as_nobodys(questions, published):
    first_looks.look()
    assert not operations.exists(published)
