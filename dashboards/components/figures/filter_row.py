"""Period, channel and store in one row above the figures; every choice stands in the address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from dashboards.components import address
from dashboards.components.i18n import day, t, term
from dashboards.queries import figures
from serving.figures.filters import DIMENSIONS, Dimension, Filters

PERIODS = ("", "days_30", "days_90", "months_12", "range")
_DAYS = {"days_30": 30, "days_90": 90, "months_12": 365}
_NAMES = ("period", "from", "to", "channel", "store")


@dataclass(frozen=True)
class Chosen:
    """What the reader chose.

    Attributes:
        filters: the days, channel and store.
        before: the same of the days before, to compare with.
        period: code of the period; empty: the month so far, against the same days of the month before.
    """

    filters: Filters
    before: Filters
    period: str

    @property
    def used(self) -> frozenset[Dimension]:
        """Which filters are in use; the month so far is what counts without one."""
        found: dict[Dimension, str] = {
            "period": self.period, "channel": self.filters.channel, "store": self.filters.store
        }  # fmt: skip
        return frozenset(name for name, chosen in found.items() if chosen)

    def in_address(self, known: Collection[Dimension] = DIMENSIONS) -> dict[str, str]:
        """What a link to the same choice has in its address.

        Args:
            known: the filters that where it leads can follow.
        """
        chosen = {"period": self.period, "channel": self.filters.channel, "store": self.filters.store}
        found: dict[str, str] = {name: chosen[name] for name in DIMENSIONS if name in known}
        if found.get("period") == "range":
            found |= {"from": self.filters.since.isoformat(), "to": self.filters.until.isoformat()}
        return {name: value for name, value in found.items() if value}

    def days(self) -> str:
        """The days in the reader's language."""
        return t("filters.days", since=day(self.filters.since), until=day(self.filters.until))

    def words(self) -> list[str]:
        """Every filter in use in the reader's language."""
        found = [self.days()] if self.period else []
        if self.filters.channel:
            found.append(t("filters.is", name=t("filters.channel"), value=term("channel", self.filters.channel)))
        if self.filters.store:
            found.append(t("filters.is", name=t("filters.store"), value=self.filters.store))
        return found


def draw(as_of: date) -> Chosen:
    """Draw the row, and what is in use below it.

    Args:
        as_of: the last day that there are figures of.
    """
    channels, stores = figures.channels(), figures.stores()
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        period = address.choice(
            st.selectbox,
            t("filters.period"),
            PERIODS,
            key="period",
            default="",
            format_func=lambda code: term("period", code or "month"),
            filter_mode=None,
        )
        since, until = _range(as_of) if period == "range" else (as_of, as_of)
        channel = address.choice(
            st.selectbox,
            t("filters.channel"),
            ["", *channels],
            key="channel",
            default="",
            format_func=lambda code: term("channel", code) if code else t("filters.every_channel"),
        )
        offered = [name for of, names in stores.items() if channel in ("", of) for name in names]
        store = address.choice(
            st.selectbox,
            t("filters.store"),
            ["", *offered],
            key="store",
            default="",
            format_func=lambda name: name or t("filters.every_store" if offered else "filters.no_store"),
            disabled=not offered,
        )
        chosen = _chosen(as_of, period, since, until, channel, store)
        st.button(t("filters.reset"), icon=":material/restart_alt:", on_click=reset, disabled=not chosen.used)
    if chosen.used:
        st.caption(t("filters.in_use", filters=" · ".join(chosen.words())))
    return chosen


def everything(as_of: date) -> Chosen:
    """No filter at all, for a page that has none."""
    return _chosen(as_of, "", as_of, as_of, "", "")


def reset() -> None:
    """Take every filter out of the address."""
    for name in _NAMES:
        address.note(name, None)


def _range(as_of: date) -> tuple[date, date]:
    """The days from and to, of the address or of the calendar; the last 30 where neither says any."""
    earliest = figures.first_day(as_of)
    st.session_state["range"] = _asked(st.query_params, earliest, as_of)
    st.date_input(
        t("filters.range"),
        min_value=earliest,
        max_value=as_of,
        format="YYYY-MM-DD",
        key="range",
        on_change=_write_range,
    )
    found = st.session_state["range"]
    return (found[0], found[1]) if len(found) == 2 else (found[0], found[0])


def _write_range() -> None:
    found = st.session_state["range"]
    if len(found) == 2:  # with one day the reader has yet to choose the other
        address.note("from", found[0].isoformat())
        address.note("to", found[1].isoformat())


def _asked(query: Mapping[str, str], earliest: date, as_of: date) -> tuple[date, date]:
    try:
        since, until = (date.fromisoformat(query.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return as_of - timedelta(days=29), as_of
    since, until = max(since, earliest), min(until, as_of)
    return (since, until) if since <= until else (as_of - timedelta(days=29), as_of)


def _chosen(as_of: date, period: str, since: date, until: date, channel: str, store: str) -> Chosen:
    if period == "":
        since, until = as_of.replace(day=1), as_of
        last = since - timedelta(days=1)
        before = last.replace(day=1), last.replace(day=min(as_of.day, last.day))
    else:
        if period != "range":
            since, until = as_of - timedelta(days=_DAYS[period] - 1), as_of
        length = until - since + timedelta(days=1)
        before = since - length, until - length
    return Chosen(Filters(since, until, channel, store), Filters(*before, channel, store), period)
