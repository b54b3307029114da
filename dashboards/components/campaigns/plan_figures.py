"""What the current plan has of a campaign: how many get something, why the others do not, and who they are."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from dashboards.components import cards, empty_states, html, palette, withheld
from dashboards.components.campaigns import message_samples, second_person, unsent_texts
from dashboards.components.figures import drill_down, filter_row
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.i18n import day, is_chinese, number, percent, t, term
from dashboards.components.money import money
from dashboards.components.reasons import message_channel
from dashboards.queries import published_copy

_DECISIONS = ("send", "hold", "refuse")


def draw(campaign: str, preview: dict[str, Any], is_journey: bool = False) -> None:
    """Draw how many customers and messages there are, and the messages by decision and first reason.

    Args:
        campaign: its id.
        preview: as `guanxi campaign preview --json` has it.
        is_journey: it is a journey, whose hold-out never gets as far as a plan.
    """
    if preview["absence"]:
        empty_states.empty(t("engage.plan.none"), term("engage_absence", preview["absence"]))
        return
    if preview["differences"]:
        fields = t("word.and").join(term("campaign_field", one["field"]) for one in preview["differences"])
        st.html(
            f'<div class="gx-fail" style="--c:{palette.AMBER}">'
            f"{html.escape(t('engage.plan.differs', fields=fields))}</div>"
        )
    second_person.draw(preview)
    everybody = _everybody()
    figures = [
        ("audience", preview["customers"]["audience"], "campaign_audience", campaign),
        ("to_send", preview["to_send"], "campaign_plan", f"{campaign}.send"),
        *([("waiting", waiting, "campaign_plan", f"{campaign}.waiting")] if (waiting := preview["waiting"]) else []),
    ]
    if not is_journey:
        figures.append(("holdout", preview["customers"]["holdout"], "campaign_audience", f"{campaign}.holdout"))
    facts: list[tuple[str, Any]] = [
        (
            t(f"engage.figure.{name}"),
            # the list behind it has those of the plan, also the ones whose text cannot be sent
            number(amount)
            if name == "waiting" and preview["not_allowed"]
            else drill_down.cell(number(amount), amount, figure, everybody, which),
        )
        for name, amount, figure, which in figures
    ]
    if preview["not_allowed"]:
        facts.append((t("engage.figure.not_allowed"), number(preview["not_allowed"])))
    if preview["sms_parts"] is not None:
        facts.append((t("engage.figure.sms"), number(preview["sms_parts"])))
    if preview["value"]:
        facts.append((t("engage.figure.value"), _value(preview["value"])))
    st.html(html.facts(facts))
    unsent_texts.draw(preview["texts"])
    withheld.from_campaign(preview)
    _by_reason(campaign, preview, everybody)


def _value(value: dict[str, Any]) -> str:
    """What a message is expected to bring, and whether that was measured, or why not."""
    worth = money(value["value_per_message"])
    if value["measured_value"] is None:
        return t("engage.value.stated", value=worth, why=value["basis_zh" if is_chinese() else "basis_en"])
    return t(
        "engage.value.measured",
        value=worth,
        measured=money(value["measured_value"]),
        error=money(value["measured_error"]),
        share=percent(value["measured_share"]),
        stated=money(value["stated_value"]),
        customers=number(value["customers"]),
        holdout=number(value["holdout_customers"]),
        day=day(value["measured_on"]),
    )


def _by_reason(campaign: str, preview: dict[str, Any], everybody: Chosen) -> None:
    names: dict[tuple[str, str], str] = {}
    sums: Counter[tuple[str, str]] = Counter()
    for one in preview["decisions"]:
        key = (one["decision"], one["reason"] or "")
        names[key] = one["reason_zh" if is_chinese() else "reason_en"] or term("reason", one["decision"])
        sums[key] += one["messages"]
    for (decided, reason), messages in sorted(sums.items(), key=lambda one: (_DECISIONS.index(one[0][0]), -one[1])):
        name = names[decided, reason]
        share = messages / sums.total()
        cards.share_line(
            name if decided == "send" else f"{term('reason', decided)} · {name}",
            f"{number(messages)} · {percent(share)}",
            share,
            palette.DECISIONS.get(decided, palette.GREY),
            drill_down.target("campaign_plan", everybody, f"{campaign}.{decided}.{reason}".rstrip(".")),
        )


def by_step(campaign: str, preview: dict[str, Any]) -> None:
    """Draw rows of the plan by step, channel and variant, with the text messages that each step costs.

    Args:
        campaign: its id.
        preview: as `guanxi campaign preview --json` has it.
    """
    names = {one["step"]: message_samples.step_name(one) for one in preview["texts"]}
    parts = {(one["step"], one["channel"]): one["sms_parts"] for one in preview["texts"]}
    sums: dict[tuple[int, str, str], Counter[str]] = {}
    for one in preview["decisions"]:
        line = sums.setdefault((one["step"], one["channel"], one["variant"]), Counter())
        line[f"{one['decision']}."] += one["messages"]
        line[".holdout"] += one["messages"] if one["reason"] == "holdout" else 0
    if not sums:
        empty_states.empty(t("engage.plan.none"))
        return
    everybody = _everybody()
    html.table(
        [
            t("engage.counts.step"),
            t("engage.counts.channel"),
            t("engage.counts.variant"),
            *(term("reason", decided) for decided in _DECISIONS),
            t("engage.counts.holdout"),
            t("engage.counts.sms"),
        ],
        [
            [
                names.get(step, number(step)),
                message_channel(channel),
                variant,
                *(
                    drill_down.cell(
                        number(line[what]),
                        line[what],
                        "campaign_plan",
                        everybody,
                        f"{campaign}.{what}.{step}.{channel}.{variant}",
                    )
                    for what in (*(f"{decided}." for decided in _DECISIONS), ".holdout")
                ),
                number(parts.get((step, channel))),
            ]
            for (step, channel, variant), line in sums.items()
        ],
        left=3,
    )


def by_employee(preview: dict[str, Any]) -> None:
    """Draw which employees pass on how many messages; nothing where none does.

    Args:
        preview: as `guanxi campaign preview --json` has it.
    """
    if not preview["employees"]:
        return
    html.table(
        [t(f"engage.employees.{name}") for name in ("channel", "employee", "messages", "of_all", "most")],
        [
            [
                message_channel(one["channel"]),
                one["employee"],
                *(number(one[name]) for name in ("messages", "of_all_campaigns", "most_per_day")),
            ]
            for one in preview["employees"]
        ],
        left=2,
    )


def _everybody() -> Chosen:
    return filter_row.everything(published_copy.publication().as_of)
