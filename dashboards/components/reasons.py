"""Answers to 'why?': the rule in words, the figures it was applied to, and what followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components.empty_states import guarded_card
from dashboards.components.html import badge, capital, escape, facts, table
from dashboards.components.i18n import (
    NOTHING,
    catalogue,
    day,
    day_of_year,
    is_chinese,
    language,
    number,
    percent,
    sentences,
    t,
    term,
)
from dashboards.components.money import money
from dashboards.components.palette import CHANNELS, GREY
from dashboards.queries import customers, rules
from serving.links.field_weights import LITTLE, read_weights
from serving.links.merge_reasons import Reason, merge_reasons

_STAGES_SHOWN = 10
_REASONS_SHOWN = 3
_NAMED = 2  # up to so many records are named, more are counted


def stage(customer_id: str, judged: Mapping[str, Any]) -> None:
    """Why this lifecycle stage."""
    if not judged:
        st.caption(t("why.none"))
        return
    code = judged["stage"]
    with guarded_card():
        of_stage = catalogue(language()).get(f"rule.stage.{code}", "").format(**_limits())
        _rule(sentences(t("rule.stage"), of_stage))
    _reason(judged)
    st.html(
        facts(
            [
                (t("why.days_since_purchase"), _days(judged["days_since_purchase"])),
                (t("why.days_since_interaction"), _days(judged["days_since_interaction"])),
                (t("why.days_since_registration"), _days(judged["days_since_registration"])),
                (t("why.interactions_30d"), number(judged["interactions_30d"])),
                (t("why.stage_since"), day(judged["stage_since"])),
            ]
        )
    )
    history = customers.lifecycle_history(customer_id)
    if len(history) > 1:
        _stages(history, judged["as_of"])


def _stages(history: pd.DataFrame, as_of: Any) -> None:
    """The latest stages, each with its first day and how long it lasted."""
    st.caption(t("why.history"))
    until = history["valid_to"].fillna(as_of)
    lasted = (pd.to_datetime(until) - pd.to_datetime(history["valid_from"])).dt.days
    shown = zip(history["stage"][:_STAGES_SHOWN], history["valid_from"], lasted, strict=False)
    table(
        [t("why.history.stage"), t("why.history.from"), t("why.history.lasted")],
        [[term("stage", code), day(since), _days(days)] for code, since, days in shown],
    )
    if len(history) > _STAGES_SHOWN:
        st.caption(t("why.history.earlier", count=number(len(history) - _STAGES_SHOWN)))


def rfm(scores: Mapping[str, Any]) -> None:
    """Why this RFM segment."""
    if not scores:
        _rule(t("rule.rfm.none"))
        return
    means = customers.rfm_means()
    _rule(t("rule.rfm"))
    limits = _limits()
    if "rfm_recent_days" in limits:  # else names were given by an older release, which had none
        _rule(t("rule.rfm.limits", **limits))
    table(
        [t("why.rfm.measure"), t("why.rfm.figure"), t("why.rfm.score"), t("why.rfm.mean"), t("why.rfm.level")],
        [
            [
                t(f"why.rfm.{letter}"),
                figure,
                number(scores[f"{letter}_score"]),
                number(means[letter], 2),
                t("why.rfm.high") if scores[f"is_{letter}_high"] else t("why.rfm.low"),
            ]
            for letter, figure in (
                ("r", _days(scores["recency_days"])),
                ("f", t("why.times", count=number(scores["frequency"]))),
                ("m", money(scores["monetary"])),
            )
        ],
    )
    names = (
        (scores["segment_8_zh"], scores["segment_11_zh"])
        if is_chinese()
        else (term("rfm8", scores["segment_8"]), term("rfm11", scores["segment_11"]))
    )
    st.html(f'<p class="gx-note">{escape(t("why.rfm.result", eight=names[0], eleven=names[1]))}</p>')


def tier(judged: Mapping[str, Any]) -> None:
    """Why this value class, quadrant and loyalty tier."""
    if not judged:
        st.caption(t("why.none"))
        return
    with guarded_card():
        _rule(t("rule.value", **_limits()))
    st.html(
        facts(
            [
                (
                    t("why.abc"),
                    t("why.abc.figure", abc=judged["abc_class"], share=percent(judged["cumulative_revenue_share"])),
                ),
                (t("why.value_score"), number(judged["value_score"], 1)),
                (t("why.spend_6m"), money(judged["spend_6m"])),
                (t("why.order_frequency"), number(judged["order_frequency"], 1)),
                (t("why.repurchase_rate"), percent(judged["repurchase_rate"])),
                (t("why.response_speed"), _hours(judged["response_speed_hours"])),
                (
                    t("why.quadrant"),
                    t(
                        "why.quadrant.figure",
                        name=term("quadrant", judged["quadrant"]),
                        current=number(judged["current_value_score"]),
                        potential=number(judged["potential_value_score"]),
                    ),
                ),
                (t("why.loyalty"), term("loyalty", judged["loyalty_tier"])),
                (t("why.value_tier"), term("value_tier", judged["value_tier"])),
            ]
        )
    )


def merge(customer_id: str) -> None:
    """Which source profiles are this customer, what holds them together, and which ids it had before."""
    profiles, retired = customers.profiles(customer_id), customers.retired_ids(customer_id)
    told = merge_reasons(list(profiles["source_profile_id"]), customers.links(customer_id).to_dict("records"))
    many = number(len(profiles)) + ("+" if len(profiles) >= customers.PROFILES_SHOWN else "")
    _rule(t("rule.merge", count=many) if len(profiles) > 1 else t("rule.merge.single"))
    shown, further = told.reasons[:_REASONS_SHOWN], told.reasons[_REASONS_SHOWN:]
    if shown:
        st.html("".join(_reason_line(reason) for reason in shown))
    if further:
        with st.expander(t("why.merge.further", count=number(len(further)))):
            st.html("".join(_reason_line(reason) for reason in further))
    if len(profiles):
        st.html("".join(_profile(row, told.by_profile.get(row.source_profile_id)) for row in profiles.itertuples()))
    if len(profiles) >= customers.PROFILES_SHOWN:
        st.caption(t("why.merge.cut", count=number(customers.PROFILES_SHOWN)))
    if len(retired):
        names = t("word.and").join(retired["retired_customer_id"])
        st.html(f'<p class="gx-note">{escape(t("why.merge.retired", ids=names))}</p>')


def sources(customer_id: str) -> None:
    """Which source record each value comes from, those that records differ about first."""
    found = customers.field_sources(customer_id)
    if found.empty:
        st.caption(t("why.none"))
        return
    _rule(t("rule.sources"))
    st.html("".join(_source(row) for row in found.to_dict("records")))


def _source(row: Mapping[str, Any]) -> str:
    """A field with its value; below it the record that it comes from, and why."""
    spoken = "zh" if is_chinese() else "en"
    value = _shown(row["field"], row["shown_value"])
    name = str(row[f"field_{spoken}"])
    below = f"{term('channel', row['channel'])} {row['source_profile_id']}", str(row[f"why_{spoken}"])
    return (
        f'<div class="gx-record"><b>{escape(capital(name) + t("word.value", value=value))}</b>'
        f"<small>{'<br>'.join(map(escape, below))}</small></div>"
    )


def _shown(field: str, value: Any) -> str:
    """A value as the profile above shows it; of a birthday the mart has month and day."""
    if field == "birthday" and value:
        return day_of_year(f"2000-{value}")
    return term("gender", value) if field == "gender" else str(value or NOTHING)


def consents(customer_id: str) -> None:
    """What the customer allows over each message channel, and the answer that decides it."""
    _rule(t("rule.consent"))
    st.html(
        facts(
            (
                f"{message_channel(one['channel'])} · {term('purpose', one['purpose'])}",
                t("why.consent.yes" if one["is_granted"] else "why.consent.no", because=" · ".join(_answer(one))),
            )
            for one in customers.consents(customer_id)
        )
    )


def message_channel(channel: str) -> str:
    """What the published rules call a message channel; one that they do not name stands for itself."""
    zh, en = rules.message_channel_names().get(channel, (channel, channel))
    return zh if is_chinese() else en


def _answer(consent: Mapping[str, Any]) -> list[str]:
    """Why a consent is granted or not, and of the answer that decides: its source, identifier and day."""
    said = [term("consent_reason", consent["reason"])]
    if consent["source"]:
        said.append(f"{term('channel', consent['source'])} {consent['identifier_mask'] or ''}".strip())
    if consent["answered_at"]:
        said.append(day(consent["answered_at"]))
    return said


def _reason_line(reason: Reason) -> str:
    """What several profiles have in common, and how many they are or, where they are two, which."""
    whose = reason.profiles if len(reason.profiles) <= _NAMED else [t("why.merge.records", count=len(reason.profiles))]
    return (
        f'<div class="gx-record"><b>{escape(capital(_because(reason.link)))}</b>'
        f"<small>{escape(t('word.and').join(whose))}</small></div>"
    )


def _because(link: dict[str, Any]) -> str:
    """What makes two records one person. Of a probable match: the fields that speak for and against it, loudest first.

    A link says by itself which value both have; a field that hardly weighs is left out.
    """
    weights = read_weights(link["field_weights"])
    if not weights:
        return str(link["reason_zh" if is_chinese() else "reason_en"])
    words = {
        side: t("word.and").join(
            term("linkage_field", name) for name, weight in weights.items() if side * weight >= LITTLE
        )
        for side in (1, -1)
    }
    return t("why.merge.probable", fields=words[1]) + (t("why.merge.against", fields=words[-1]) if words[-1] else "")


def _profile(row: Any, link: dict[str, Any] | None) -> str:
    """One source record: its channel, id and masked identifiers, and what ties it to which other record."""
    below = [] if pd.isna(row.identifiers) else [row.identifiers]
    if link is not None:
        ends = (link["source_profile_id"], link["linked_profile_id"])
        other = ends[0] if ends[1] == row.source_profile_id else ends[1]
        below.append(t("why.merge.link", other=other, reason=_because(link)))
    return (
        f'<div class="gx-record">{badge(term("channel", row.channel), CHANNELS.get(row.channel, GREY))}'
        f"<span>{escape(row.source_profile_id)}</span>"
        f"<small>{'<br>'.join(escape(line) for line in below) or NOTHING}</small></div>"
    )


def _limits() -> dict[str, str]:
    """The thresholds that the shown figures were judged by; a publication may be older than the newest of them."""
    known = {name: number(limit) for name, limit in rules.thresholds().items()}
    return {"quadrant_high_percent": NOTHING} | known


def _rule(text: str) -> None:
    st.html(f'<p class="gx-rule">{escape(text)}</p>')


def _reason(judged: Mapping[str, Any]) -> None:
    reason = judged.get("reason_zh" if is_chinese() else "reason_en")
    if reason:
        st.html(f'<p class="gx-note"><b>{escape(reason)}</b></p>')


def _days(value: Any) -> str:
    return NOTHING if value is None or pd.isna(value) else t("why.days", count=number(value))


def _hours(value: Any) -> str:
    return NOTHING if value is None or pd.isna(value) else t("why.hours", count=number(value, 1))
