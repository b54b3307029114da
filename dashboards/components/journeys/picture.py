"""The picture of a journey: its steps from top to bottom, the ways between them, and how many stand where."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from dashboards.components import palette
from dashboards.components.i18n import number, t
from dashboards.components.journeys import wording

_WIDEST = 30
_COLOURS = {
    "send": palette.JADE, "wait": palette.SKY, "branch": palette.VIOLET, "task": palette.AMBER, "exit": palette.GREY,
}  # fmt: skip
_ENTRY, _EXIT = "entry of all", "exit of all"


def draw(journey: Mapping[str, Any], standing: Mapping[str, int], ended: int) -> None:
    """Draw the picture.

    Args:
        journey: as `guanxi journey list --json` has it.
        standing: how many stand at a step, by its name.
        ended: how many runs are over.
    """
    st.graphviz_chart(dot(journey, standing, ended), width="stretch")


def dot(journey: Mapping[str, Any], standing: Mapping[str, int], ended: int) -> str:
    """The picture in the language of Graphviz; arguments as `draw`."""
    ink, edge = palette.ink(), palette.muted()
    font = 'fontname="Helvetica, Arial, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"'
    lines = [
        "digraph journey {",
        f'graph [rankdir=TB, bgcolor="transparent", nodesep=0.35, ranksep=0.4, {font}]',
        f'node [shape=box, style="rounded,filled", color="none", fontsize=13, margin="0.22,0.12", {font}]',
        f'edge [color="{edge}", fontcolor="{ink}", fontsize=11, arrowsize=0.7, {font}]',
    ]
    entered = [t("journeys.picture.entry"), *_folded(wording.entry(journey))]
    lines.append(_node(_ENTRY, entered, palette.GREY))
    for step in journey["steps"]:
        here = standing.get(step["name"], 0)
        words = [f"{wording.kind(step['kind'])} · {step['name']}", *_folded(wording.step(step))]
        if here:
            words.append(t("journeys.picture.here", count=number(here)))
        lines.append(_node(step["name"], words, _COLOURS.get(step["kind"], palette.GREY)))
    done = [t("journeys.picture.exit")]
    if ended:
        done.append(t("journeys.picture.ended", count=number(ended)))
    lines.append(_node(_EXIT, done, palette.GREY))
    first = journey["steps"][0]["name"] if journey["steps"] else _EXIT
    lines.append(f"{_quoted(_ENTRY)} -> {_quoted(first)}")
    for step in journey["steps"]:
        lines += _edges(step)
    return "\n".join([*lines, "}"])


def _edges(step: Mapping[str, Any]) -> Iterator[str]:
    """The ways on from a step, each with what leads there."""
    if step["kind"] == "branch":
        for arm in step["arms"]:
            yield _edge(step["name"], arm["target"], arm["when"] or t("journeys.picture.else"))
        return
    has_two = step["else"] is not None and step["else"] != step["then"]
    then = t(f"journeys.picture.then.{step['kind']}") if has_two and step["kind"] in ("send", "wait") else ""
    yield _edge(step["name"], step["then"], then)
    if has_two:
        other = "journeys.picture.not_sent" if step["kind"] == "send" else "journeys.picture.timed_out"
        yield _edge(step["name"], step["else"], t(other), is_other=True)


def _edge(start: str, end: str, label: str, is_other: bool = False) -> str:
    look = ', style="dashed"' if is_other else ""
    words = _escaped(_folded(label)) if label else ""
    return f'{_quoted(start)} -> {_quoted(_EXIT if end == "exit" else end)} [label="{words}"{look}]'


def _node(name: str, words: list[str], colour: str) -> str:
    look = f'fillcolor="{colour}", fontcolor="{palette.ink_on(colour)}"'
    return f'{_quoted(name)} [label="{_escaped(words)}", {look}]'


def _folded(text: str) -> list[str]:
    """A long text over several lines, so that the picture stays narrow enough for a phone."""
    return textwrap.wrap(text, _WIDEST, break_on_hyphens=False, break_long_words=False) or [text]


def _escaped(words: list[str]) -> str:
    return "\\n".join(word.replace("\\", "\\\\").replace('"', '\\"') for word in words)


def _quoted(name: str) -> str:
    return f'"{_escaped([name])}"'
