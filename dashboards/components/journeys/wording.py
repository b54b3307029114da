"""Journeys in the reader's language: events, causes, who enters, what a step does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboards.components.i18n import day, is_chinese, language, number, t, term
from dashboards.components.reasons import message_channel
from dashboards.queries import journeys, segments


def name_of(journey: Mapping[str, Any]) -> str:
    """What a journey is called; as `guanxi journey list --json` has it."""
    return str(journey["name"]["zh" if is_chinese() else "en"])


def title_of(journey_id: str) -> str:
    """What a journey is called by the publication; its id where it does not know it."""
    return _in_language(journeys.titles().get(journey_id), journey_id)


def event(code: str) -> str:
    """What an event is called."""
    return _in_language(journeys.names().events.get(code), code)


def segment(code: str) -> str:
    """What a segment is called."""
    return next(
        (one.name_zh if is_chinese() else one.name_en for one in segments.named_segments() if one.name == code), code
    )


def cause(code: str, detail: str) -> str:
    """Why a run came from one step to the next, with the event, reason, task or way that it was about."""
    names = journeys.names()
    said = _in_language(names.causes.get(code), code.replace("_", " "))
    if not detail:
        return said
    if code == "branched":
        return t("journeys.cause.way", cause=said, number=detail)
    known = names.events.get(detail)
    more = _in_language(known, detail) if known else journeys.reasons().in_words(detail, language())
    return t("journeys.cause.about", cause=said, about=more)


def entry(journey: Mapping[str, Any]) -> str:
    """Who enters a journey."""
    found = journey["entry"]
    if found["segment"]:
        return t("journeys.entry.segment", segment=segment(found["segment"]))
    return t("journeys.entry.event", event=event(found["event"]), days=number(found["within_days"]))


def entry_limits(journey: Mapping[str, Any]) -> str:
    """On which days a journey lets in, and which others keep out of it; empty where nothing limits it."""
    found = journey["entry"]
    said = [
        t(f"journeys.entry.{name}", day=day(date.fromisoformat(found[name])))
        for name in ("starts_on", "ends_on")
        if found[name]
    ]
    if found["unless_in"]:
        others = t("word.and").join(map(title_of, found["unless_in"]))
        said.append(t("journeys.entry.unless_in", journeys=others))
    return " · ".join(said)


def again(journey: Mapping[str, Any]) -> str:
    """Whether a customer may enter more than once."""
    found = journey["entry"]
    if found["concurrent"] == "per_entity":
        return t("journeys.again.per_entity")
    days = found["reentry_days"]
    return t("journeys.again.days", days=number(days)) if days else t("journeys.again.never")


def step(about: Mapping[str, Any]) -> str:
    """What a step does: which message, how long it waits and for what, which task."""
    match about["kind"]:
        case "send":
            return t("word.and").join(message_channel(channel) for channel in about["channels"])
        case "wait" if about["event"]:
            return t("journeys.does.until", event=event(about["event"]), days=number(about["days"]))
        case "wait":
            return t("journeys.does.wait", days=number(about["days"]))
        case "task":
            return str(about["task"])
        case "exit":
            return str(about["exit"])
    return t("journeys.does.branch", count=number(len(about["arms"])))


def kind(code: str) -> str:
    """What kind of step it is."""
    return term("journey_step", code)


def _in_language(pair: tuple[str, str] | None, otherwise: str) -> str:
    return pair[0 if is_chinese() else 1] if pair else otherwise
