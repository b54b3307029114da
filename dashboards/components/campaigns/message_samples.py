"""Planned messages as their readers would see them: a bubble for a text, a card where there is a title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.components.campaigns import unsent_texts
from dashboards.components.html import escape
from dashboards.components.i18n import NOTHING, is_chinese, number, t
from dashboards.components.reasons import message_channel

_LETTERS_NAMED = 12


def draw(texts: list[dict[str, Any]]) -> None:
    """Draw the samples of every step, channel and variant.

    Args:
        texts: as `guanxi campaign preview --json` has them.
    """
    has_steps = len({one["step"] for one in texts}) > 1
    has_variants = any(len({sample["variant"] for sample in one["samples"]}) > 1 for one in texts)
    st.html(
        '<div class="gx-messages">'
        + "".join(_message(one, sample, has_steps, has_variants) for one in texts for sample in one["samples"])
        + "</div>"
    )


def step_name(one: Mapping[str, Any]) -> str:
    """A step by its number and the name that its file gives it; the only one of a file has none."""
    name = "" if one["step_name"] == f"step_{one['step']}" else one["step_name"]
    return t("engage.step", number=number(one["step"]), name=name).strip()


def _message(one: Mapping[str, Any], sample: Mapping[str, Any], has_steps: bool, has_variants: bool) -> str:
    place = [step_name(one)] if has_steps else []
    place.append(message_channel(one["channel"]))
    if has_variants:
        place.append(t("engage.variant", name=sample["variant"]))
    return (
        f"<figure><figcaption><b>{escape(' · '.join(place))}</b><span>{escape(_whom(sample))}</span></figcaption>"
        f"{_content(sample)}<small>{escape(_size(sample['sms']))}</small></figure>"
    )


def _content(sample: Mapping[str, Any]) -> str:
    if sample["problem"]:
        problem = t("engage.sample.problem", problem=unsent_texts.in_words("problem", sample))
        return f'<div class="bubble off">{escape(problem)}</div>'
    content = sample["content"]
    if "title" in content:
        return f'<div class="card"><b>{escape(content["title"])}</b>{_lines(content["body"])}</div>'
    return f'<div class="bubble">{_lines(content["text"])}</div>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _whom(sample: Mapping[str, Any]) -> str:
    if not sample["messages"]:
        return t("engage.sample.example")
    whom = " ".join(part for part in (sample["name_mask"] or NOTHING, _last_digits(sample["identifier_mask"])) if part)
    others = sample["messages"] - 1
    return t("engage.sample.others", whom=whom, count=number(others)) if others else whom


def _last_digits(mask: str | None) -> str:
    """Lists show four digits of a number, as those of members do."""
    return f"****{mask.rpartition('*')[2]}" if mask and "@" not in mask and "*" in mask else mask or ""


def _size(sms: Mapping[str, Any] | None) -> str:
    if sms is None:
        return ""
    said = t(
        "engage.sms.size",
        characters=number(sms["characters"]),
        encoding=sms["encoding"],
        parts=number(sms["parts"]),
    )
    letters = sms["forced_by"]
    # a text in Chinese consists of them: there is nothing to leave out
    if not 0 < len(letters) <= _LETTERS_NAMED:
        return said
    return f"{said}{'' if is_chinese() else ' '}{t('engage.sms.forced', letters=letters)}"
