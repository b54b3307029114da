"""A page whose answers cost a command each waits for the slowest of them, not for one after the other."""

import threading

import pytest
import streamlit as st

from dashboards import commands
from dashboards.queries import campaigns, loads

ANSWERS = {
    ("campaign", "list"): [],
    ("campaign", "preview"): {
        "campaigns": [{"campaign_id": "dormant_recall"}],
        "publication_id": "000001",
        "withheld_unknown": "",
    },
    ("lake", "freshness"): [],
    ("quarantine", "list"): [],
}


@pytest.fixture
def asked(monkeypatch):
    """What was asked; each pair of questions answers only once both are asked."""
    both, words_asked = threading.Barrier(2), []

    def ask(*words, seconds=0):
        words_asked.append(words)
        both.wait(timeout=30)
        return ANSWERS[words[:2]]

    monkeypatch.setattr(commands, "ask", ask)
    st.cache_data.clear()
    yield words_asked
    st.cache_data.clear()


def test_the_lake_is_asked_for_both_at_once_and_once(published, asked):
    loads.read_ahead()
    assert loads.freshness() == loads.quarantine() == []
    assert sorted(asked) == [("lake", "freshness"), ("quarantine", "list")]


@pytest.mark.parametrize("chosen", ["", "dormant_recall"])
def test_the_list_and_the_preview_of_the_campaign_to_be_shown_are_asked_for_at_once(published, asked, chosen):
    campaigns.read_ahead(chosen)
    assert campaigns.listed() == []
    shown = {"campaign_id": "dormant_recall", "publication_id": "000001", "withheld_unknown": ""}
    assert campaigns.preview("dormant_recall") == shown
    assert sorted(asked) == [("campaign", "list"), ("campaign", "preview", "dormant_recall")]


def test_a_refusal_is_told_by_whoever_asks_again(published, monkeypatch):
    def refuse(*words, seconds=0):
        raise commands.CommandFailed("The lake is damaged.")

    monkeypatch.setattr(commands, "ask", refuse)
    st.cache_data.clear()
    loads.read_ahead()
    with pytest.raises(commands.CommandFailed, match="damaged"):
        loads.freshness()
