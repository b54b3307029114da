"""Links, decisions and events of identity as sentences, for the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from serving.links.field_weights import read_weights, verdict
from stores.counted import counted

if TYPE_CHECKING:
    from orchestration.stewardship.review_details import PairStory
    from serving.published_copy import Row
    from stores.operations import Decision
    from stores.settings import Settings

_EDGES_SHOWN = 3
_FIELDS_SHOWN = 8
_VERDICTS = {
    "little": "says little",
    "for": "speaks for it",
    "strongly_for": "speaks strongly for it",
    "against": "speaks against it",
    "strongly_against": "speaks strongly against it",
}


def outlook(story: PairStory, verdict: str, decision: Decision) -> list[str]:
    """What the next run will make of a decision, in words."""
    left, right = story.left, story.right
    sizes = [f"{one.customer_id} ({counted(len(one.profiles), 'profile')})" for one in (left, right)]
    if verdict == "join" and story.is_one:
        return [f"Both are customer {left.customer_id} already; now they stay together even if the links go."]
    if verdict == "join":
        told = [
            f"With the next `guanxi run` {sizes[0]} and {sizes[1]} become one customer; the older id stays and the "
            "other one leads to it."
        ]
        told += [f"It overrules: {row['reason_en']}." for row in story.refused if row["kind"] == "refused_edge"]
        told += [
            f"But {row.decision_id} keeps {row.left_profile_id} and {row.right_profile_id} apart: these two will not "
            "be one customer, and the weakest link between gives way."
            for row in story.decisions
            if row.is_active and row.decision == "separate" and row.decision_id != decision.decision_id
            and {row.left_profile_id, row.right_profile_id} != {left.profile_id, right.profile_id}
        ]  # fmt: skip
        return told
    if not story.is_one:
        return [
            f"They are two customers already ({sizes[0]}, {sizes[1]}); now they stay so whatever comes to link them."
        ]
    return [
        f"With the next `guanxi run` {sizes[0]} becomes two customers. The older one keeps the id, the other gets one "
        "of its own; profiles that are linked to only one of the two go with it.",
        *(f"It overrules: {link_in_words(row)}" for row in story.path),
    ]


def event_in_words(row: Row) -> str:
    """A row of `marts.identity_events` as a sentence."""
    old, new, count = row["from_customer_id"], row["to_customer_id"], row["profiles"]
    profiles = counted(count, "profile")
    what = {
        "created": f"{new} was created with {profiles}",
        "merged": f"{old} was merged into {new} ({profiles})",
        "split": f"{profiles} split off from {old} as {new}",
        "moved": f"{profiles} moved from {old} to {new}",
        "renamed": f"{old} was renamed {new} ({profiles})",
        "gone": f"{old} ended, its profiles are gone",
    }[row["event"]]
    because = f": {row['cause_en']} {row['cause_zh']}" if row["event"] != "created" or row["edges"] else ""
    return f"{row['happened_at']:%Y-%m-%d %H:%M} {what}{because}{_edges(row['edges'])}"


def _edges(text: str | None) -> str:
    shown = []
    for edge in json.loads(text or "[]")[:_EDGES_SHOWN]:
        kind = "decision" if edge["identifier_type"] == "steward" else edge["identifier_type"]
        by = f"{kind} {edge.get('identifier_mask') or ''}".strip()
        if edge["identifier_type"] == "linkage":
            by = f"probable match: {weights_in_words(edge.get('identifier_mask'))}"
        shown.append(f"{edge['source_profile_id']} – {edge['linked_profile_id']} by {by}")
    return f" ({'; '.join(shown)})" if shown else ""


def probability_in_words(row: Row) -> str:
    """How sure a row of `marts.identity_review` is, and what its fields say."""
    sure = row["match_probability"]
    words = weights_in_words(row["field_weights"])
    return "probable match" + (f", {sure:.0%} sure" if sure is not None else "") + (f": {words}" if words else "")


def link_in_words(row: Row) -> str:
    """A row of `marts.customer_links`: both profiles and what links them."""
    return f"{row['source_profile_id']} = {row['linked_profile_id']}: {because_in_words(row)}"


def because_in_words(row: Row) -> str:
    """What a row of `marts.customer_links` links by, without whom."""
    if row.get("reason") == "probabilistic":
        return f"probable match: {weights_in_words(row['field_weights'])}"
    return f"{row['reason_en']} {row['reason_zh']}"


def identifier_in_words(row: Row) -> str:
    """Kind and mask of an identifier."""
    return f"{row['identifier_type']} {row['identifier_mask'] or ''}".strip()


def decision_in_words(settings: Settings, row: Decision) -> str:
    """A decision with who, when, why and whether it is in force."""
    moment = settings.business_time(row.decided_at)
    state = "" if row.is_active else f" [replaced by {row.replaced_by}]" if row.replaced_by else " [taken back]"
    verb = "are one person" if row.decision == "join" else "are different people"
    return (
        f"{row.decision_id}: {row.left_profile_id} and {row.right_profile_id} {verb}, says {row.decided_by} at "
        f"{moment:%Y-%m-%d %H:%M}: {(row.reason or '').rstrip('.')}{state}."
    )


def weights_in_words(field_weights: str | None) -> str:
    """What each field says for or against two records being one person, the loudest first.

    Args:
        field_weights: JSON text `{"name": 4.2, …}` of log2 Bayes factors.
    """
    try:
        loudest = list(read_weights(field_weights).items())[:_FIELDS_SHOWN]
    except ValueError:
        return field_weights or ""
    return ", ".join(f"{name.replace('_', ' ')} {_VERDICTS[verdict(value)]} ({value:+.1f})" for name, value in loudest)
