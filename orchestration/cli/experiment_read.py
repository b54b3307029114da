"""`guanxi experiment read`: what a campaign or journey shows as the experiment that it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.experiment_costs import costs_document, tell_costs
from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.counted import counted

if TYPE_CHECKING:
    from intelligence.experiments.reading import ExperimentReading
    from orchestration.campaign_experiments.reading import CampaignReading, Increment


def read(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign or journey.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, metavar="N", help="Of its file; the newest by default.")
    ] = None,
    sequential: Annotated[
        bool | None,
        typer.Option(
            "--sequential/--at-the-end",
            help="Intervals that hold at every look, or at the end only. By default at every look while anybody is "
            "still watched.",
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0.0001, max=0.5, metavar="SHARE", help="Level of the tests.")
    ] = 0.05,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a campaign or journey as an experiment: its variants against the hold-out, and among themselves.

    Everybody counts where chance put them, sent or not (intent-to-treat). Beside it stand those who were sent
    something, and the reading adjusted by what each bought before (CUPED). Alarms come first.
    """
    settings = open_session(home, for_script=as_json)
    from orchestration.campaign_experiments.reading import Asked, read_campaign

    found = read_campaign(settings, name, Asked(version, alpha, sequential))
    if as_json:
        print_json(document(found))
    else:
        _tell(found)


def document(found: CampaignReading) -> dict[str, Any]:
    """A reading as one JSON document."""
    first = found.arms[0]
    return {
        "campaign_id": found.campaign_id,
        "kind": first.kind,
        "version": found.version,
        "versions": found.versions,
        "goal": first.goal,
        "notes": [note.value for note in found.notes],
        "contaminated_customers": first.contaminated_customers,
        "arms": [
            {
                "arm": arm.arm,
                "is_holdout": arm.is_holdout,
                "planned_share": arm.planned_share,
                "customers": arm.customers,
                "sent_customers": arm.sent_customers,
                "open_customers": arm.open_customers,
                "first_assigned_on": arm.first_assigned_on,
                "last_assigned_on": arm.last_assigned_on,
                "metrics": {
                    metric: {"assigned_mean": by_arm[arm.arm].mean, "sent_mean": by_arm[arm.arm].sent_mean}
                    for metric, by_arm in found.sums.items()
                    if arm.arm in by_arm
                },
            }
            for arm in found.arms
        ],
        "against_holdout": _reading(found.against_holdout),
        "side_effects": _reading(found.side_effects),
        "among_variants": _reading(found.among_variants),
        "increments": [asdict(one) for one in found.increments],
        "costs": costs_document(found.costs),
    }


def _reading(reading: ExperimentReading | None) -> dict[str, Any] | None:
    from orchestration.cli import experiment_words as words

    if reading is None:
        return None
    return {
        "control": reading.design.control,
        "alpha": reading.design.alpha,
        "is_sequential": reading.design.sequential,
        "sample_ratio": {"p_value": reading.ratio.p_value, "is_alarm": reading.ratio.is_alarm},
        "alarms": [{**asdict(one), "text": words.alarm(one, reading)} for one in reading.alarms],
        "results": [{**asdict(one), "verdict": words.verdict(one, reading)} for one in reading.comparisons],
    }


def _tell(found: CampaignReading) -> None:
    from orchestration.campaign_experiments.reading import FUNNEL, Note
    from orchestration.cli.experiment_report import tell_reading
    from orchestration.cli.experiment_words import level

    first = found.arms[0]
    others = [str(one) for one in found.versions if one != found.version]
    also = f" (others: {', '.join(others)})" if others else ""
    console.print(
        f"{first.kind.capitalize()} {found.campaign_id}, version {found.version}{also}: "
        f"{counted(sum(arm.customers for arm in found.arms), 'customer')} assigned from {first.first_assigned_on} on; "
        f"the goal is {first.goal}.",
        style="bold", markup=False, soft_wrap=True,
    )  # fmt: skip
    said = {
        Note.NO_HOLDOUT: "Nobody is held out, so what the messages bring cannot be said; variants are compared only.",
        Note.GOAL_WITHOUT_DATA: f"The goal {first.goal} has no data: no channel tells of it. Conversions are unknown, "
        "not 0 %.",
        Note.GOAL_OF_MESSAGES: f"The goal {first.goal} can only follow from a message: the hold-out cannot reach it. "
        "Conversions are compared among variants only.",
        Note.STILL_WATCHED: f"{counted(sum(arm.open_customers for arm in found.arms), 'customer')} still "
        "watched: the figures will change.",
    }
    for note in found.notes:
        console.print(f"  {said[note]}", style="yellow", markup=False, soft_wrap=True)
    if first.contaminated_customers:
        console.print(
            f"  {counted(first.contaminated_customers, 'customer')} in more than one arm (contamination): left out",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
    table = Listing("as assigned", "planned", "customers", *(name.replace("_", " ") for name in FUNNEL))
    for arm in found.arms:
        sums = [found.sums[name].get(arm.arm) for name in FUNNEL if name in found.sums]
        cells = [level(one.mean, one.is_share) if one and one.mean is not None else "no data" for one in sums]
        table.add_row(arm.arm, f"{arm.planned_share:.1%}", f"{arm.customers:,}", *cells)
    console.print(table)
    for title, reading in (
        ("Against the hold-out", found.against_holdout),
        ("Opt-outs and complaints, to messages of any campaign", found.side_effects),
        ("Variants among themselves", found.among_variants),
    ):
        if reading:
            console.print(f"\n[bold]{title}[/bold]")
            tell_reading(reading)
    if found.increments:
        console.print("\n[bold]All variants together, beyond the hold-out[/bold]")
    for one in found.increments:
        console.print(f"  {increment(one)}", markup=False, soft_wrap=True)
    if found.costs:
        tell_costs(found.costs)


def increment(one: Increment) -> str:
    """What all variants brought beyond the hold-out, in a sentence."""
    name = "Revenue" if one.metric == "revenue" else "Conversions"
    if one.value is None or one.low is None or one.high is None:
        return f"{name}: cannot be said from {counted(one.customers, 'customer')}."
    return (
        f"{name}: {one.value:+,.0f} of {counted(one.customers, 'customer')} assigned "
        f"({one.low:+,.0f} to {one.high:+,.0f})."
    )
