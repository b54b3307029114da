"""A campaign file with a mistake is said above the list, and the others stay in it."""

from streamlit.testing.v1 import AppTest

from tests.testing.app_pages import html


def _page() -> None:
    import streamlit as st

    from dashboards.components.campaigns.wrong_files import told_apart

    mistake = "spring.yml:2: not YAML: did not find expected node content. Correct that line."
    found = [
        {"campaign_id": "dormant_recall", "state": "approved"},
        {"campaign_id": "spring", "state": "wrong_file", "mistake": mistake},
    ]
    st.session_state["left"] = [one["campaign_id"] for one in told_apart(found, "campaign_id")]


def test_what_is_wrong_is_said_in_the_language_of_the_reader_and_the_others_are_listed() -> None:
    page = AppTest.from_function(_page).run(timeout=60)
    assert not page.exception
    assert page.session_state["left"] == ["dormant_recall"]
    said = html(page)
    assert "spring 的文件有误，改正前不发送" in said
    assert "spring.yml:2" in said
