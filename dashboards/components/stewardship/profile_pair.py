"""Two source profiles side by side: what they carry, whose they are, and what each compared field says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components import cards, palette
from dashboards.components.html import Signed, capital, escape, table
from dashboards.components.i18n import NOTHING, day, day_of_year, is_chinese, number, t, term
from dashboards.components.reasons import message_channel
from dashboards.queries import customers, identity_review
from serving.links.field_weights import LITTLE, read_weights, verdict

_MARKETING = "marketing"
# What linkage compares of an identifier in parts.
_COMPARED_AS = {"name": ("family_name", "given_name")}


def profile_name(profile_id: str | None) -> str:
    """A source profile with its channel in words."""
    channel, _, native = str(profile_id or "").partition(":")
    return f"{term('channel', channel)} {native}" if native else NOTHING


def compare(left: str, right: str, field_weights: str | None = None) -> None:
    """What both profiles carry and whose they are, in two tables.

    Args:
        left: a source profile.
        right: another one.
        field_weights: what linkage found of them; a field that it finds alike does not differ.
    """
    weights = read_weights(field_weights)
    header = [t("pair.field"), profile_name(left), profile_name(right), t("pair.verdict")]
    dates = identity_review.profile(left), identity_review.profile(right)
    table(header, [*_carried(left, right, weights), *_profile_days(*dates)], left=4, wraps=True)
    ids = [str(row.get("customer_id") or "") for row in dates]
    if not all(ids):
        return
    known = customers.profile(ids[0]), customers.profile(ids[1])
    st.caption(t("pair.customers"))
    header = [t("pair.field"), *ids, t("pair.verdict")]
    table(header, [*_person(*known), *_life(*known)], left=4, wraps=True)


def weights(field_weights: str) -> None:
    """Each compared field in words with a bar, the strongest first.

    Args:
        field_weights: JSON text `{"phone": 11.5, …}` of log2 Bayes factors.
    """
    said = read_weights(field_weights)
    strongest = max(map(abs, said.values()), default=1.0) or 1.0
    for name, weight in said.items():
        colour = palette.GREY if abs(weight) < LITTLE else palette.JADE if weight > 0 else palette.CORAL
        alike = t("weight.alike" if weight > 0 else "weight.unlike", field=capital(term("linkage_field", name)))
        cards.share_line(alike, t(f"weight.{verdict(weight)}"), abs(weight) / strongest, colour)
    st.html(f'<p class="gx-note">{escape(t("weight.note"))}</p>')


def _carried(left: str, right: str, weights: Mapping[str, float]) -> Iterator[list[Any]]:
    for row in identity_review.compared(left, right):
        name = row["name_zh" if is_chinese() else "name_en"] or row["identifier_type"]
        values = row["left_values"], row["right_values"]
        verdict = _agree(*values, row["is_shared"])
        compared = _COMPARED_AS.get(row["identifier_type"], (row["identifier_type"],))
        if all(values) and not row["is_shared"] and sum(weights.get(field, 0.0) for field in compared) >= LITTLE:
            verdict = t("pair.alike")
        yield [capital(name), *(value or NOTHING for value in values), verdict]


def _profile_days(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[list[Any]]:
    for field in ("registered_at", "updated_at"):
        yield [t(f"pair.{field}"), day(left.get(field)), day(right.get(field)), ""]


def _person(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[list[Any]]:
    """What is known of the persons; of a birthday only month and day are shown, though the year is compared too."""
    for field in ("gender", "birthday", "place", "company", "job_title"):
        values = [_place(row) if field == "place" else _value(row[field]) for row in (left, right)]
        if values == [None, None]:
            continue
        shown = [NOTHING if value is None else _shown(field, value) for value in values]
        verdict = _agree(values[0], values[1], values[0] == values[1])
        if field == "birthday" and values[0] != values[1] and shown[0] == shown[1]:
            verdict = Signed(t("pair.other_year"), False)
        yield [t(f"profile.{field}"), *shown, verdict]


def _value(value: Any) -> Any:
    return None if value is None or pd.isna(value) or value == "" else value


def _place(row: Mapping[str, Any]) -> str | None:
    parts = [str(value) for value in (_value(row["province"]), _value(row["city"])) if value]
    return " ".join(dict.fromkeys(parts)) or None


def _shown(field: str, value: Any) -> str:
    if field == "birthday":
        return day_of_year(value)
    return term("gender", value) if field == "gender" else str(value)


def _life(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[list[Any]]:
    both = (left, right)
    yield [t("pair.channels"), *(_channels(row["customer_id"]) for row in both), ""]
    yield [t("pair.profiles"), *(number(row["source_profiles"]) for row in both), ""]
    yield [t("pair.first_seen"), *(day(row["first_seen_at"]) for row in both), ""]
    yield [t("pair.last_seen"), *(day(row["last_seen_at"]) for row in both), ""]
    yield [t("pair.orders"), *(number(row["orders_count"]) for row in both), ""]
    yield [t("pair.consents"), *(_consents(row["customer_id"]) for row in both), ""]


def _channels(customer_id: str) -> str:
    return t("word.and").join(term("channel", name) for name in customers.channels(customer_id)["channel"]) or NOTHING


def _consents(customer_id: str) -> str:
    granted = [
        message_channel(one["channel"])
        for one in customers.consents(customer_id)
        if one["purpose"] == _MARKETING and one["is_granted"]
    ]
    return t("word.and").join(granted) or t("pair.consents.none")


def _agree(left: Any, right: Any, is_same: bool) -> Signed | str:
    if left is None or right is None:
        return t("pair.one_only")
    return Signed(t("pair.same"), True) if is_same else Signed(t("pair.differs"), False)
