"""A reading of an experiment on the screen: alarms, sentences, a table of all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.cli.session import Listing, console
from stores.counted import counted

if TYPE_CHECKING:
    from intelligence.experiments.reading import ExperimentReading

_HOW = (
    "Read as assigned (intent-to-treat). Intervals of shares by the shares of both arms, of lifts by Fieller; p-values "
    "two-sided, corrected by Holm for {comparisons}."
)


def tell_reading(reading: ExperimentReading) -> None:
    """Print a reading: alarms first, then a sentence on every comparison, then all figures."""
    from orchestration.cli import experiment_words as words

    for one in reading.alarms:
        console.print(f"ALARM {words.alarm(one, reading)}", style="red", markup=False, soft_wrap=True)
    for result in reading.comparisons:
        console.print(words.verdict(result, reading), style="bold", markup=False, soft_wrap=True)
        _tell_beside(result, reading.design.control, words)
    if not reading.comparisons:
        return
    if reading.alarms:
        console.print("Do not rely on these sentences before the alarms are explained.", style="red", soft_wrap=True)
    console.print(_figures(reading, words))
    how = _HOW.format(comparisons=counted(reading.tested, "comparison"))
    looks = " Intervals and p-values hold at every look (confidence sequence)." if reading.design.sequential else ""
    console.print(how + looks, style="dim", soft_wrap=True)
    if reading.explorations:
        console.print(_groups(reading, words))
        for explored in reading.explorations:
            said = words.explored(explored, reading.design.alpha)
            console.print(f"  {said}", markup=False, soft_wrap=True)
        console.print(
            "Exploration: a group is a hint for the next experiment, not a result. p-values are corrected for all "
            "groups that were looked at.",
            style="dim", soft_wrap=True,
        )  # fmt: skip


def _tell_beside(result: Any, control: str, words: Any) -> None:
    lines = [words.missing(result, control)] if result.control_missing or result.variant_missing else []
    lines += [words.adjusted(result.cuped, result.is_share)] if result.cuped else []
    if result.capped and result.cap:
        lines.append(words.beside(f"Capped at {words.level(result.cap[1], False)}", result.capped, result.is_share))
    if result.as_sent:
        lines.append(words.beside("As sent (chance did not choose who was)", result.as_sent, result.is_share))
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)


def _figures(reading: ExperimentReading, words: Any) -> Listing:
    """What belongs together stands in two lines of a cell, so that a screen of a hundred columns has room for it."""
    table = Listing("metric", "variant", "control, variant", "difference", "relative lift", "test", "p, corrected")
    for one in reading.comparisons:
        found = one.plain
        sizes = ((found.control, found.control_units), (found.variant, found.variant_units))
        means = [f"{words.level(mean, one.is_share)} of {units:,}" for mean, units in sizes if mean is not None]
        changed = words.change(found.difference, one.is_share) if found.difference is not None else ""
        statistic = f"{found.statistic:.4f}" if found.statistic is not None else ""
        cells = (
            means,
            [changed, words.interval(found, one.is_share, unit=False)],
            [f"{found.lift:+.1%}" if found.lift is not None else "", words.lift_interval(found)],
            [statistic, words.METHODS[found.test] if found.test else ""],
            [words.probability(found.p_value), words.probability(one.corrected_p_value)],
        )
        table.add_row(one.metric, one.variant, *("\n".join(filter(None, lines)) for lines in cells), end_section=True)
    return table


def _groups(reading: ExperimentReading, words: Any) -> Listing:
    table = Listing(
        "metric", "variant", "group", "units", "difference", "interval", "corrected p", title="Exploration by group"
    )
    for one in reading.explorations:
        for group in one.groups:
            found = group.difference
            table.add_row(
                one.metric, one.variant, group.group or "(empty)",
                f"{found.control_units:,} / {found.variant_units:,}",
                words.change(found.difference, one.is_share) if found.difference is not None else "",
                words.interval(found, one.is_share), words.probability(group.corrected_p_value),
            )  # fmt: skip
    return table
