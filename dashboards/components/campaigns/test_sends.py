"""Test messages: the command that sends some to people of the company, and what became of the latest ones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.components import command_buttons, html
from dashboards.components.command_buttons import Action
from dashboards.components.i18n import language, moment, t, term
from dashboards.components.reasons import message_channel
from dashboards.queries import campaigns, journeys, published_copy


def draw(campaign_id: str, name: str) -> None:
    """Draw the button that sends samples to a list, and the latest test messages.

    Args:
        campaign_id: the campaign or journey.
        name: in the reader's language.
    """
    st.html(f'<p class="gx-note">{html.escape(t("engage.test.note"))}</p>')
    lists = list(published_copy.settings().test_lists)
    if lists:
        chosen = st.selectbox(t("engage.test.list"), lists, key=f"test_list_{campaign_id}", width=320)
        # asked beside the approval, further up
        by = st.session_state.get("decision_by_kept", "")
        words = ("campaign", "test", f"--to={chosen}", f"--by={by}", "--", campaign_id)
        question = t("engage.test.text", name=name, list=chosen)
        action = Action(f"test_{campaign_id}", t("engage.test.send"), question, words, ":material/outgoing_mail:")
        if command_buttons.draw([action], missing="" if by else t("decision.needs_who")):
            st.rerun()
    else:
        st.caption(t("engage.test.no_list"))
    zone = ZoneInfo(published_copy.settings().timezone)
    names = journeys.reasons()
    lines = [
        [
            moment(row["sent_at"].replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)),
            row["recipient"],
            message_channel(row["channel"]),
            row["variant"],
            row["address_mask"],
            term("test_state", row["state"]),
            names.in_words(row["reason"] or "", language()) if row["reason"] else "",
        ]
        for row in campaigns.latest_tests(campaign_id)
    ]
    if lines:
        columns = ("when", "who", "channel", "variant", "address", "state", "reason")
        html.table([t(f"engage.test.{column}") for column in columns], lines, left=7)
