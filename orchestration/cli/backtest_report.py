"""A back-test as people and scripts read it: tables, a document, a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from orchestration.backtest.comparison import ALIKE, FEWEST_CUSTOMERS, Estimate
from orchestration.backtest.outcomes import ALL_OUTCOMES, COVARIATES, MESSAGES
from orchestration.backtest.segment_backtest import Backtest, Cost, DayFigures
from orchestration.cli.session import Listing
from stores.atomic_files import replacing
from stores.counted import counted
from stores.errors import UserError

_BARS = "▁▂▃▄▅▆▇█"
_WIDE, _FURTHER = 110, ["matched", ""]
_GIGABYTE = 1_000_000_000
_WORDS = {
    "recency_days": "when they last bought", "purchases": "how often they had bought",
    "spend_percent": "for how much", "tenure_days": "since when they are known",
}  # fmt: skip
KNOWN_THEN = (
    "Known then: what happened after a day (purchases, refunds, interactions, answers about consent) is unknown to it."
)
KNOWN_NOW = (
    "Known now, as in every build of a past day: who is who (customers and their ids of today), rows that arrived late "
    "or were corrected, what profiles say; the newest answer about consent of each source; today's segment model, "
    "thresholds and seeds."
)
OBSERVATION = (
    "This is an observation, no experiment: members may differ from their group in what was not matched. Only a "
    "campaign with hold-outs tells what a campaign did."
)


def cost_line(cost: Cost) -> str:
    """What the back-test will build."""
    return (
        f"{counted(cost.days, 'day')} to build: {cost.once} models once, {cost.a_day} again for each day, in a "
        f"temporary place of about {max(cost.bytes_needed / _GIGABYTE, 0.1):.1f} GB "
        f"({cost.bytes_free / _GIGABYTE:.0f} GB are free). Nothing of the installation changes; Ctrl-C ends it."
    )


def parts(found: Backtest, width: int) -> Iterator[RenderableType]:
    """The report, part by part.

    Args:
        found: what is reported.
        width: of the screen, in characters; a narrow one leaves out what is shown below or in the file as well.
    """
    period = found.period
    asked = f"{counted(len(period.days), 'day')} from {period.days[0]} to {period.days[-1]}"
    if not found.ever_members:
        left_out = max(day.not_profiled + day.not_seen_yet for day in found.days)
        also = f" (up to {left_out:,} a day were left out, see below)" if left_out else ""
        yield f"[bold]Nobody was in the segment {found.segment}[/bold] on any of {asked}{also}."
        yield from _left_out(found)
        return
    yield f"[bold]Segment {found.segment}[/bold]: {counted(found.ever_members, 'customer')} on {asked}."
    yield _days(found, width)
    yield from _left_out(found)
    yield from _comparison(found)
    yield f"[dim]{KNOWN_THEN}[/dim]"
    yield f"[dim]{KNOWN_NOW}[/dim]"
    if found.has_new_loads:
        yield "[yellow]Channels delivered meanwhile: later days may know rows that earlier ones do not.[/yellow]"


def document(found: Backtest) -> dict[str, Any]:
    """The report as one JSON document; shares are between 0 and 1, money is of the reporting currency."""
    return {
        "segment": found.segment,
        "from": found.period.days[0],
        "to": found.period.days[-1],
        "after_days": found.period.after_days,
        "as_of": found.period.today,
        "known_until": found.known_until,
        "match_on": list(found.match_on),
        "customers": found.ever_members,
        "days": [_row(day) for day in found.days],
        "comparison": {
            "member_days": found.counts.member_days,
            "matched_member_days": found.counts.matched_member_days,
            "unmatched_member_days": found.counts.member_days - found.counts.matched_member_days,
            "matched_customers": found.counts.matched_members,
            "group_customers": found.counts.matched_others,
            "outcomes": [_estimate(one) for one in found.estimates if one.outcome != MESSAGES],
            "got_campaign_message": next((_estimate(one) for one in found.estimates if one.outcome == MESSAGES), None),
            "balance": [
                {"covariate": one.covariate, "before": one.before, "after": one.after} for one in found.balances
            ],
        },
        "is_experiment": False,
        "known_then": KNOWN_THEN,
        "known_now": KNOWN_NOW,
        "loads_arrived_meanwhile": found.has_new_loads,
    }


def write_csv(found: Backtest, place: Path) -> None:
    """Write a row for each day.

    Raises:
        UserError: the file cannot be written.
    """
    from dashboards.spreadsheet import csv_file

    rows = [_row(day) for day in found.days]
    try:
        with replacing(place) as draft:
            draft.write_bytes(csv_file(list(rows[0]), (list(row.values()) for row in rows)))
    except OSError as error:
        raise UserError(f"{place} cannot be written: {error.strerror}.") from None


def _days(found: Backtest, width: int) -> Listing:
    is_wide = width >= _WIDE
    headings = ["day", "members", "joined", "left", "buyers", "revenue", "bought", "group", *_FURTHER[: 2 * is_wide]]
    table = Listing(*headings)
    for column in table.columns[1:]:
        column.justify = "right"
    for column in table.columns:
        column.no_wrap = True
    table.columns[-1].justify = "left"
    most = max(day.members for day in found.days)
    for day in found.days:
        afterwards = ["not yet", "", "", ""]
        if day.is_known:
            means = _share(day.member_means), _share(day.group_means)
            afterwards = [_number(day.totals, "bought"), _number(day.totals, "net_revenue"), *means]
        bar = "█" * round(12 * day.members / most) if most else ""
        further = ["" if day.matched is None else f"{day.matched:,}", bar][: 2 * is_wide]
        table.add_row(str(day.day), f"{day.members:,}", _or_dash(day.joined), _or_dash(day.left), *afterwards, *further)
    unknown = sum(not day.is_known for day in found.days)
    table.caption = (
        f"members {_sparkline([day.members for day in found.days])}; buyers, revenue: of all members in the "
        f"{counted(found.period.after_days, 'day')} after the day; bought: of the matched members, and of their group"
        + (f"; not yet: not yet known, for {counted(unknown, 'day')}" if unknown else "")
    )
    return table


def _left_out(found: Backtest) -> Iterator[str]:
    refused = max(day.not_profiled for day in found.days)
    unseen = max(day.not_seen_yet for day in found.days)
    if refused:
        yield f"Left out: up to {refused:,} members a day who are not profiled (they refused it, or were minors)."
    if unseen:
        yield f"Left out: up to {unseen:,} members a day of whom nothing was known yet; they came later."


def _comparison(found: Backtest) -> Iterator[RenderableType]:
    known = [day for day in found.days if day.is_known]
    if not known:
        until = found.known_until or "nothing"
        yield (
            f"[yellow]What they did afterwards is not yet known: the {counted(found.period.after_days, 'day')} after "
            f"{found.days[0].day} end on {found.days[0].until}, and customers are known until {until}.[/yellow]"
        )
        return
    numbers = found.counts
    unmatched = numbers.member_days - numbers.matched_member_days
    yield (
        f"[bold]The {counted(found.period.after_days, 'day')} after[/bold], over {counted(len(known), 'day')}: "
        f"{numbers.matched_members:,} members against {numbers.matched_others:,} others who were alike in "
        f"{', '.join(_WORDS[one] for one in found.match_on)}."
    )
    if unmatched:
        share = unmatched / numbers.member_days
        yield f"Without a comparable other: {share:.0%} of the members of a day, who are in no comparison."
    if not found.estimates:
        yield (
            "[yellow]No member has a comparable other: the segment takes all of their kind. Compare by less with "
            "--match-on.[/yellow]"
        )
        return
    yield _outcomes(found)
    untold = [one.outcome.words for one in found.estimates if one.members is None]
    if untold:
        yield f"Not known, for no channel tells of any: {', '.join(untold)}."
    if not numbers.is_enough:
        yield f"[yellow]No intervals: a side has fewer than {FEWEST_CUSTOMERS} customers.[/yellow]"
    messages = next(one for one in found.estimates if one.outcome == MESSAGES)
    yield (
        f"{OBSERVATION} Campaign messages in those days: {_told(messages, messages.members)} of the members and "
        f"{_told(messages, messages.group)} of the group were sent one."
    )
    yield _balance(found)
    apart = [f"{COVARIATES[one.covariate]} ({one.after:+.2f})" for one in found.balances if not one.is_alike]
    if apart:
        yield (
            f"[yellow]Not alike even after matching: {', '.join(apart)}. What they did afterwards may differ for that "
            "alone.[/yellow]"
        )


def _outcomes(found: Backtest) -> Listing:
    table = Listing("afterwards", "members", "group", "difference", "95 % interval")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found.estimates:
        if one.outcome == MESSAGES:
            continue
        table.add_row(
            one.outcome.words,
            _told(one, one.members),
            _told(one, one.group),
            _signed(one, one.difference),
            _interval(one),
        )
    table.caption = "the group is weighted to the members; intervals count each customer once, on however many days"
    return table


def _balance(found: Backtest) -> Listing:
    table = Listing("alike before the day?", "before matching", "after")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found.balances:
        table.add_row(COVARIATES[one.covariate], _deviations(one.before), _deviations(one.after))
    table.caption = f"difference in standard deviations; within ±{ALIKE:.2f} both sides count as alike"
    return table


def _row(day: DayFigures) -> dict[str, Any]:
    """A day as CSV and JSON have it: what is not yet known is empty, never 0."""
    row: dict[str, Any] = {
        "day": day.day, "members": day.members, "joined": day.joined, "left": day.left,
        "not_profiled": day.not_profiled, "not_seen_yet": day.not_seen_yet, "others": day.others, "until": day.until,
        "is_known": day.is_known, "matched_members": day.matched,
    }  # fmt: skip
    names = [one.name for one in ALL_OUTCOMES]
    row |= {f"all_members_{name}": (day.totals or {}).get(name) for name in names}
    row |= {f"matched_members_mean_{name}": (day.member_means or {}).get(name) for name in names}
    return row | {f"group_mean_{name}": (day.group_means or {}).get(name) for name in names}


def _estimate(one: Estimate) -> dict[str, Any]:
    low, high = one.interval or (None, None)
    return {
        "outcome": one.outcome.name, "members": one.members, "group": one.group, "difference": one.difference,
        "low": low, "high": high,
    }  # fmt: skip


def _told(one: Estimate, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if one.outcome.is_share else f"{value:,.2f}"


def _signed(one: Estimate, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:+.1f} points" if one.outcome.is_share else f"{value:+,.2f}"


def _interval(one: Estimate) -> str:
    if one.interval is None:
        return "–"
    low, high = one.interval
    if one.outcome.is_share:
        return f"{100 * low:+.1f} to {100 * high:+.1f} points"
    return f"{low:+,.2f} to {high:+,.2f}"


def _number(values: dict[str, float] | None, name: str) -> str:
    return f"{values[name]:,.0f}" if values else "–"


def _share(values: dict[str, float] | None) -> str:
    return f"{values['bought']:.1%}" if values else "–"


def _or_dash(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _deviations(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _sparkline(values: Iterable[int]) -> str:
    numbers = list(values)
    least, most = min(numbers), max(numbers)
    bars = "".join(_BARS[round((len(_BARS) - 1) * (number - least) / ((most - least) or 1))] for number in numbers)
    return f"{bars} from {least:,} to {most:,}" if least < most else f"{least:,} on every day"
