"""身份审核: what waits for a steward, one pair at a time, side by side; deciding, and taking decisions back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.components import address, cards, command_buttons, empty_states
from dashboards.components.command_buttons import Action
from dashboards.components.html import capital, escape
from dashboards.components.i18n import is_chinese, number, percent, sentences, t, term
from dashboards.components.stewardship import decision_list, profile_pair
from dashboards.navigation import open_customer
from dashboards.queries import access_log, identity_review, published_copy
from serving.published_copy import Row
from stores.operations import Decision

PAGE = {"title": "page.identity_review", "icon": ":material/compare_arrows:", "order": 50}

_DONE = "review_done"


def main() -> None:
    """Draw the page: what waits, the chosen pair, and the decisions in force."""
    published_copy.publication()
    cards.page_head(t("page.identity_review"), t("review.subtitle"))
    by = command_buttons.who_decides()
    decisions = identity_review.decisions()
    decided = tuple(sorted(f"{row.left_profile_id} {row.right_profile_id}" for row in decisions))
    chosen, following = _queue(decided)
    if chosen:
        _pair(identity_review.by_id(chosen), decisions, following, by)
    decision_list.draw(decisions, by)


def _queue(decided: tuple[str, ...]) -> tuple[str, str]:
    """Draw what waits, by kind and reason; the chosen thing and the one to go on with, empty where there is none."""
    with cards.card("queue", t("review.queue"), t("review.queue.note"), stretch=False):
        counts = identity_review.counts(decided)
        asked = st.query_params.get("item", "")
        if not counts and not identity_review.by_id(asked):
            empty_states.empty(t("review.none"), t("review.none.text"))
            return "", ""
        kind, reason = _filters(counts)
        found = identity_review.first(decided, kind, reason, identity_review.SHOWN)
        by_id = {str(row["review_id"]): row for row in found}
        # A pair that was decided, or that a link named, is shown too; another one is left behind by a filter.
        other = identity_review.by_id(asked) if asked not in by_id else {}
        if other and (_is_decided(other, decided) or not (kind or reason)):
            by_id = {asked: other, **by_id}
        options = list(by_id)
        titles = {one: _title(place, row) for place, (one, row) in enumerate(by_id.items(), start=1)}
        if not options:
            empty_states.empty(t("review.none"))
            return "", ""
        chosen: str = address.choice(
            st.selectbox,
            t("review.choose"),
            options,
            key="item",
            default=options[0],
            format_func=titles.__getitem__,
        )
        place = options.index(chosen)
        with st.container(horizontal=True, vertical_alignment="center"):
            _step(t("review.previous"), "review_previous", options[place - 1] if place else "")
            _step(t("review.next"), "review_next", options[place + 1] if place + 1 < len(options) else "")
            total = sum(row["waiting"] for row in counts if kind in ("", row["kind"]) and reason in ("", row["reason"]))
            st.caption(
                t("review.first", shown=number(len(found)), total=number(total))
                if total > len(found)
                else t("review.count", total=number(total))
            )
    waiting = [one for one in options if not _is_decided(by_id[one], decided)]
    later = [one for one in waiting if options.index(one) > place]
    return chosen, next(iter(later or [one for one in waiting if one != chosen]), "")


def _filters(counts: Sequence[Row]) -> tuple[str, str]:
    waiting: dict[str, int] = {}
    for row in counts:
        waiting[row["kind"]] = waiting.get(row["kind"], 0) + row["waiting"]
    total = number(sum(waiting.values()))
    kinds = {"": f"{t('review.all')} {total}"}
    kinds |= {code: f"{term('review_kind', code)} {number(count)}" for code, count in waiting.items()}
    kind = address.tabs(t("review.kind"), list(kinds), key="kind", default="", words=kinds.__getitem__)
    reasons = {"": t("review.any_reason")}
    for row in counts:
        if kind in ("", row["kind"]):
            reasons[row["reason"]] = f"{_because(row)} ({number(row['waiting'])})"
    reason = address.choice(
        st.selectbox,
        t("review.reason"),
        list(reasons),
        key="reason",
        default="",
        format_func=reasons.__getitem__,
    )
    return kind, reason


def _because(row: Row) -> str:
    return capital(str(row["reason_zh" if is_chinese() else "reason_en"]))


def _title(place: int, row: Row) -> str:
    both = " – ".join(profile_pair.profile_name(row[f"{side}_profile_id"]) for side in _sides(row))
    sure = f" · {percent(row['match_probability'], 0)}" if row["match_probability"] is not None else ""
    value = f" · {row['identifier_mask']}" if row["kind"] != "probable_link" and row["identifier_mask"] else ""
    return f"{place}. {term('review_kind', row['kind'])}{sure}{value} · {both}"


def _sides(row: Row) -> tuple[str, ...]:
    return ("left", "right") if row["right_profile_id"] else ("left",)


def _step(label: str, key: str, to: str) -> None:
    st.button(label, key=key, disabled=not to, on_click=address.note, args=("item", to))


def _is_decided(row: Row, decided: Sequence[str]) -> bool:
    return f"{row['left_profile_id']} {row['right_profile_id']}" in decided


def _pair(row: Row, decisions: Sequence[Decision], following: str, by: str) -> None:
    shown = [str(row[f"{side}_customer_id"]) for side in _sides(row)]
    if st.session_state.get("noted_review") != row["review_id"]:
        access_log.note_review(shown)
        st.session_state["noted_review"] = row["review_id"]
    left, right = row["left_profile_id"], row["right_profile_id"]
    with cards.card("pair", t("pair.title"), term("review_kind", row["kind"]), stretch=False):
        wide, narrow = st.columns([3, 2], gap="large")
        with narrow:
            st.html(f'<p class="gx-rule">{escape(_why_it_waits(row))}</p>')
            if row["field_weights"]:
                st.html(f'<p class="gx-note"><b>{escape(t("weight.title"))}</b></p>')
                profile_pair.weights(row["field_weights"])
            if right:
                _decide(row, decisions, following, by)
        with wide:
            if right:
                profile_pair.compare(left, right, row["field_weights"])
            else:
                empty_states.empty(t("review.no_pair"), t("review.no_pair.text", customer=shown[0]))
            with st.container(horizontal=True):
                for customer_id in dict.fromkeys(shown):
                    if st.button(customer_id, key=f"open_{customer_id}", icon=":material/person:", type="tertiary"):
                        open_customer(customer_id)


def _why_it_waits(row: Row) -> str:
    because = _because(row)
    identifier = row["identifier_zh" if is_chinese() else "identifier_en"] or row["identifier_type"]
    value = f"{identifier} {row['identifier_mask'] or ''}".strip()
    if row["kind"] == "shared_value":
        carried = t(
            "review.shared", value=capital(value), profiles=number(row["profiles"]), customers=number(row["customers"])
        )
        return t("review.sentence", because=because, more=carried)
    if row["kind"] == "probable_link" and row["match_probability"] is not None:
        return t("review.sentence", because=because, more=t("review.sure", share=percent(row["match_probability"], 0)))
    key = "review.shared_key" if row["kind"] == "shared_key" else "review.refused"
    return t("review.sentence", because=because, more=t(key, value=row["identifier_mask"] or value, link=value))


def _decide(row: Row, decisions: Sequence[Decision], following: str, by: str) -> None:
    """The decision on the pair that is in force, or the buttons to decide it."""
    pair = row["left_profile_id"], row["right_profile_id"]
    if decision := next((one for one in decisions if pair == (one.left_profile_id, one.right_profile_id)), None):
        waits = decision_list.waiting([decision])[decision.decision_id]
        said = t(f"decision.{decision.decision}", by=decision.decided_by, why=decision.reason or "")
        st.success(sentences(said, t("decision.waits" if waits else "decision.holds")), icon=":material/gavel:")
        if printed := st.session_state.get(_DONE):
            with st.expander(t("command.said")):
                st.code(printed, language=None, wrap_lines=True)
        if following:
            st.button(
                t("review.go_on"),
                key="review_go_on",
                type="primary",
                icon=":material/arrow_forward:",
                on_click=address.note,
                args=("item", following),
            )
        return
    st.session_state.pop(_DONE, None)
    st.html(f'<p class="gx-note"><b>{escape(t("review.decide"))}</b></p>')
    why = st.text_input(t("decision.why"), key=f"why_{row['review_id']}", help=t("decision.why.help")).strip()
    names = {"one": profile_pair.profile_name(pair[0]), "other": profile_pair.profile_name(pair[1])}
    options = f"--by={by}", f"--why={why}", "--", *pair
    done = command_buttons.draw(
        [
            Action(
                "join",
                t("decision.do.join"),
                t("decision.ask.join", **names),
                ("identity", "join", *options),
                ":material/person:",
                is_main=True,
            ),
            Action(
                "separate",
                t("decision.do.separate"),
                t("decision.ask.separate", **names),
                ("identity", "separate", *options),
                ":material/group:",
            ),
        ],
        missing="" if by and why else t("decision.needs"),
    )
    if done:
        st.session_state[_DONE] = done[1]
        address.note("item", row["review_id"])
        st.rerun()


main()
