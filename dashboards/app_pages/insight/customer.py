"""客户: one customer found, known and explained."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.components import cards, empty_states, member_export, member_list, palette, reasons, withheld
from dashboards.components.customer_timeline import timeline
from dashboards.components.figures import customer_tags
from dashboards.components.html import badge, badges, escape, facts, table
from dashboards.components.i18n import NOTHING, day, day_of_year, days_ago, is_chinese, moment, number, t, term
from dashboards.components.journeys import customer_runs
from dashboards.components.money import compact_money, money_digits, with_currency
from dashboards.queries import access_log, customers, published_copy, segments
from serving.search_terms import Search, understand

PAGE = {"title": "page.customer", "icon": ":material/person_search:", "order": 30}

MARKETING = "marketing"


def main() -> None:
    """Draw the page: the search box, and below it results, a customer, or somebody to begin with."""
    published_copy.publication()
    cards.page_head(t("page.customer"), t("customer.subtitle"))
    st.text_input(
        t("search.label"),
        key="search_text",
        placeholder=t("search.placeholder"),
        icon=":material/search:",
        autocomplete="off",
        label_visibility="collapsed",
        on_change=_searched,
    )
    st.caption(t("search.hint"))
    search = st.session_state.get("search")
    asked = st.query_params.get("id", "")
    if search is not None:
        _results(search)
    elif asked:
        _customer(asked)
    else:
        with cards.card("recent", t("recent.title"), t("members.note"), stretch=False):
            recent = customers.recent()
            if recent.empty:
                empty_states.empty(t("state.no_rows"))
            else:
                member_list.people(recent, "recent")
                member_export.button(lambda: recent, "recent")


def _searched() -> None:
    """Keep only lookups without clear personal data; the typed text leaves the session at once."""
    found = understand(st.session_state["search_text"], published_copy.keyring(), published_copy.settings().country)
    st.session_state["search"] = found
    st.session_state["search_text"] = ""
    st.query_params.pop("id", None)


def _results(search: Search) -> None:
    # Once for each question and each customer, not for every click on the page.
    if st.session_state.get("noted_search") is not search:
        access_log.note_search(search)
        st.session_state["noted_search"] = search
    found = customers.find(search)
    if len(found) == 1:
        st.session_state["search"] = None
        st.query_params["id"] = str(found["customer_id"].iloc[0])
        st.rerun()
    with cards.card(
        "results", t("search.results", shown=search.shown), t("members.note") if len(found) else "", stretch=False
    ):
        if found.empty:
            empty_states.empty(t("search.none"), _why_nobody(search))
        else:
            is_cut = len(found) >= customers.FOUND_SHOWN
            st.caption(t("search.first" if is_cut else "search.count", count=number(len(found))))
            member_list.people(found, "results")
            member_export.button(lambda: found, "results")


def _why_nobody(search: Search) -> str:
    """Why nobody was found: nothing matched, what was typed is nothing to look up, or there are no keys for it."""
    if search.lookups:
        return t("search.none.text")
    return t("search.not_understood" if published_copy.keyring() else "search.no_keys")


def _customer(asked: str) -> None:
    customer_id = customers.resolve(asked)
    if customer_id is None:
        with cards.card("unknown", t("customer.unknown"), stretch=False):
            empty_states.empty(t("customer.unknown.title", id=asked[:40]), t("customer.unknown.text"))
        return
    if customer_id != asked:
        st.info(t("customer.redirected", old=asked, new=customer_id), icon=":material/merge:")
    if st.session_state.get("noted_customer") != customer_id:
        access_log.note_customer(customer_id)
        st.session_state["noted_customer"] = customer_id
    known = customers.profile(customer_id)
    stage, scores, value = customers.lifecycle(customer_id), customers.rfm(customer_id), customers.value(customer_id)
    left, right = st.columns([2, 3])
    with left:
        held = _profile(known, stage, scores, value)
        customer_tags.card(customer_id)
        with cards.card("why", t("why.title"), t("why.note"), stretch=False):
            for name, icon, explain in (
                ("stage", "route", lambda: reasons.stage(customer_id, stage)),
                ("rfm", "grid_view", lambda: reasons.rfm(scores)),
                ("tier", "stacked_bar_chart", lambda: reasons.tier(value)),
                ("consent", "how_to_reg", lambda: reasons.consents(customer_id)),
                ("merge", "hub", lambda: reasons.merge(customer_id)),
                ("sources", "account_tree", lambda: reasons.sources(customer_id)),
            ):
                with st.expander(t(f"why.{name}"), icon=f":material/{icon}:"), empty_states.guarded_card():
                    explain()
    with right:
        _totals(known)
        happened = customers.timeline(customer_id)
        is_cut = known["orders_count"] + known["interactions_count"] > len(happened)
        note = t("timeline.note_cut" if is_cut else "timeline.note", count=number(len(happened)))
        with cards.card("timeline", t("timeline.title"), note, stretch=False):
            timeline.draw(happened, customers.order_lines(customer_id), customer_id)
        customer_runs.card(customer_id)
        with cards.card("channels", t("channels.title"), stretch=False):
            _channels(customer_id)
    with held:  # last, for it may ask a command
        withheld.from_customer(customer_id)


def _profile(
    known: dict[str, Any], stage: dict[str, Any], scores: dict[str, Any], value: dict[str, Any]
) -> DeltaGenerator:
    """Draw who it is; the place below the consents, for what speaks against them."""
    with st.container(border=True, key="card_profile"):
        name = _text(known["name_mask"])
        st.html(
            f'<div class="gx-person"><div class="gx-avatar">{escape(name[:1])}</div><div><h2>{escape(name)}</h2>'
            f"<p>{escape(known['customer_id'])}</p></div></div>"
        )
        badges(_first_badges(stage, scores))
        badges(_further_badges(known, value))
        place = " ".join(
            dict.fromkeys(_text(part) for part in (known["province"], known["city"]) if _text(part) != NOTHING)
        )
        st.html(
            facts(
                [
                    (t("profile.phone"), _text(known["phone_mask"])),
                    (t("profile.email"), _text(known["email_mask"])),
                    (t("profile.member_no"), _text(known["member_no"])),
                    (t("profile.gender"), term("gender", known["gender"])),
                    (t("profile.birthday"), _birthday(known["birthday"])),
                    (t("profile.place"), place or NOTHING),
                    *[
                        (t(f"profile.{field}"), _text(known[field]))
                        for field in ("company", "job_title")
                        if _text(known[field]) != NOTHING
                    ],
                    (t("profile.first_channel"), term("channel", known["first_channel"])),
                    (t("profile.registered_at"), day(known["registered_at"])),
                    (t("profile.last_seen_at"), moment(known["last_seen_at"])),
                    (t("profile.points"), number(known["points_balance"])),
                ]
            )
        )
        st.caption(t("profile.consent"))
        with empty_states.guarded_card():
            st.html(f'<div class="gx-badges">{"".join(_consents(known))}</div>')
        return st.container()


def _consents(known: dict[str, Any]) -> list[str]:
    """The message channels that the customer allows, and those that they do not, as pills."""
    drawn = [
        badge(
            t(
                f"profile.consent.{_consent_word(one)}",
                channel=reasons.message_channel(one["channel"]),
            ),
            palette.JADE,
            off=not one["is_granted"],
        )
        for one in customers.consents(known["customer_id"])
        if one["purpose"] == MARKETING
    ]
    return drawn + ([badge(t("profile.optout"), palette.CORAL)] if _true(known["is_profiling_optout"]) else [])


def _consent_word(one: dict[str, Any]) -> str:
    """Who was never asked has not said no."""
    return "yes" if one["is_granted"] else "unasked" if one["reason"] == "never_asked" else "no"


def _first_badges(stage: dict[str, Any], scores: dict[str, Any]) -> list[str]:
    """The two that say first whom one has before oneself: the lifecycle stage, and the RFM segment with its scores."""
    drawn = []
    if stage:
        drawn.append(badge(term("stage", stage["stage"]), palette.STAGES.get(stage["stage"], palette.GREY)))
    if scores:
        name = scores["segment_8_zh"] if is_chinese() else term("rfm8", scores["segment_8"])
        r, f, m = (number(scores[f"{score}_score"]) for score in "rfm")
        drawn.append(badge(t("badge.rfm", segment=name, r=r, f=f, m=m), palette.SKY))
    return drawn


def _further_badges(known: dict[str, Any], value: dict[str, Any]) -> list[str]:
    """Every other classification, each with what it is about, so that none seems to contradict another."""
    drawn = []
    if value:
        drawn.append(badge(t("badge.abc", abc=value["abc_class"])))
        drawn.append(badge(t("badge.quadrant", quadrant=term("quadrant", value["quadrant"]))))
        drawn.append(badge(t("badge.loyalty", tier=term("loyalty", value["loyalty_tier"]))))
        drawn.append(badge(t("badge.value_tier", tier=term("value_tier", value["value_tier"]))))
    named = {
        segment.name: segment.name_zh if is_chinese() else segment.name_en for segment in segments.named_segments()
    }
    return drawn + [
        badge(t("badge.segment", name=named.get(name, name)), palette.VIOLET)
        for name in customers.segments_of(known["customer_id"])
    ]


def _totals(known: dict[str, Any]) -> None:
    as_of = pd.Timestamp(known["as_of"]).date()
    with st.container(key="totals"):
        columns = st.columns(4)
    for column, key, figure, below in (
        (
            columns[0],
            "net_revenue",
            compact_money(known["net_revenue"]),
            t("total.refunded", amount=compact_money(known["refunded_amount"])),
        ),
        (
            columns[1],
            "orders",
            number(known["orders_count"]),
            t("total.average", amount=compact_money(known["average_order_value"])),
        ),
        (columns[2], "last_purchase", days_ago(known["last_purchase_at"], as_of), day(known["last_purchase_at"])),
        (
            columns[3],
            "interactions",
            number(known["interactions_count"]),
            t("total.recent", count=number(known["interactions_30d"])),
        ),
    ):
        column.metric(t(f"total.{key}"), figure, below, delta_arrow="off", delta_color="off", border=True)


def _channels(customer_id: str) -> None:
    found = customers.channels(customer_id)
    if found.empty:
        empty_states.empty(t("state.no_rows"))
        return
    table(
        [
            *(t(f"channels.{name}") for name in ("channel", "profiles", "orders", "interactions")),
            with_currency(t("channels.revenue")),
            t("channels.last_seen"),
        ],
        [
            [
                term("channel", row.channel),
                number(row.source_profiles),
                number(row.orders_count),
                number(row.interactions_count),
                number(row.net_revenue, money_digits()),
                day(row.last_seen_at),
            ]
            for row in found.itertuples()
        ],
    )


def _text(value: Any) -> str:
    return NOTHING if value is None or pd.isna(value) or value == "" else str(value)


def _true(value: Any) -> bool:
    return bool(value) and not pd.isna(value)


def _birthday(value: Any) -> str:
    """Month and day only: enough to send wishes."""
    return NOTHING if value is None or pd.isna(value) else day_of_year(value)


main()
