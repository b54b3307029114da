"""`guanxi experiment`: how large an experiment must be, before it starts; what a campaign or journey shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.experiment_read import read
from orchestration.cli.session import JsonOption, Listing, console, print_json
from stores.errors import UserError

if TYPE_CHECKING:
    from intelligence.experiments.sample_size import Plan

app = typer.Typer(
    no_args_is_help=True, help="Experiments: how large one must be, and what campaigns and journeys show."
)
app.command("read")(read)

# Shown where neither an effect nor a number of units is given, as shares of the baseline.
_EFFECTS = (0.02, 0.05, 0.1, 0.2)
_MOST_UNITS = 1_000_000_000
_MOST_COMPARED = 100
_LARGEST = 1e15
_FEWEST = 2


@app.command("size")
def size(
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="VALUE", help="The metric without a variant, such as 0.19 or 19%.")
    ],
    effect: Annotated[
        str, typer.Option("--effect", metavar="VALUE", help="Difference to be seen: 0.01, or 5% of the baseline.")
    ] = "",
    units: Annotated[
        int | None,
        typer.Option("--units", min=4, max=_MOST_UNITS, metavar="N", help="Units that there are, in all arms."),
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            "--spread", min=0.0, max=_LARGEST, metavar="VALUE", help="Standard deviation of a metric that is a number."
        ),
    ] = None,
    variants: Annotated[
        int, typer.Option("--variants", min=1, max=_MOST_COMPARED, metavar="N", help="Arms beside the control.")
    ] = 1,
    metrics: Annotated[
        int, typer.Option("--metrics", min=1, max=_MOST_COMPARED, metavar="N", help="Metrics that decide.")
    ] = 1,
    control_share: Annotated[
        float | None,
        typer.Option(
            "--control-share", min=0.001, max=0.999, metavar="SHARE", help="Of the control; equal by default."
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0.0001, max=0.5, metavar="SHARE", help="Level of the tests.")
    ] = 0.05,
    power: Annotated[
        float, typer.Option("--power", min=0.5, max=0.999, metavar="SHARE", help="How often the difference is shown.")
    ] = 0.8,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="It will be read before its end, with `--sequential`.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say how many units a difference needs, or which difference a number of units can show.

    With --effect it says the units, with --units the smallest difference, with neither the units for some differences.
    Without --spread the metric is a share of yes. The level is divided by all comparisons.
    """
    from intelligence.experiments.sample_size import Plan

    if effect and units is not None:
        raise UserError("--effect and --units: give one of them; the other one is the answer.")
    value = _number("--baseline", baseline)
    if spread is None and not 0 < value < 1:
        raise UserError(
            f"--baseline {baseline}: a share lies between 0 and 1. For a metric that is a number add --spread, its "
            "standard deviation."
        )
    if spread is not None and not spread:
        raise UserError("--spread 0: a metric without spread needs no experiment.")
    share = control_share or 1 / (variants + 1)
    plan = Plan(value, spread, variants, metrics, share, alpha, power, sequential)
    rows = [_of_units(plan, units)] if units is not None else [_of_effect(plan, one) for one in _effects(plan, effect)]
    if as_json:
        print_json({"baseline": value, "alpha_of_each": plan.level, "power": power, "sizes": rows})
    else:
        _tell(plan, rows)


def _number(option: str, text: str) -> float:
    """A number, or a percentage as a share.

    Raises:
        UserError: it is neither.
    """
    bare = text.strip()
    try:
        value = float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
    except ValueError:
        value = float("nan")
    if not abs(value) <= _LARGEST:
        raise UserError(f"{option} {text}: write a number such as 0.19, or a percentage such as 19%.")
    return value


def _effects(plan: Plan, text: str) -> list[float]:
    if not text:
        if plan.baseline <= 0:
            raise UserError(f"--baseline {plan.baseline:g}: say with --effect which difference is to be seen.")
        return [share * plan.baseline for share in _EFFECTS if share * plan.baseline < plan.largest_effect]
    is_relative = text.strip().endswith("%")
    if is_relative and plan.baseline <= 0:
        raise UserError(f"--effect {text}: there is no percentage of the baseline {plan.baseline:g}. Write a number.")
    value = _number("--effect", text) * (plan.baseline if is_relative else 1)
    if not value:
        raise UserError(f"--effect {text}: a difference of nothing cannot be seen.")
    if plan.spread is None and not 0 <= plan.baseline + value <= 1:
        raise UserError(
            f"--effect {text}: {plan.baseline:g} and {value:g} are no share together. Write a percentage of the "
            "baseline as 5%, points as 0.05."
        )
    return [value]


def _of_effect(plan: Plan, effect: float) -> dict[str, Any]:
    from intelligence.experiments.sample_size import units_needed

    units = units_needed(plan, effect)
    if units is None:
        return _row(plan, effect, None, None)
    control, variant = (math.ceil(round(one, 6)) for one in plan.arms(units))
    return _row(plan, effect, control, variant)


def _of_units(plan: Plan, units: int) -> dict[str, Any]:
    from intelligence.experiments.sample_size import detectable_effect

    control = round(plan.arms(units)[0])
    variant = (units - control) // plan.variants
    if min(control, variant) < _FEWEST:
        raise UserError(
            f"--units {units}: {control} in the control and {variant} in each variant are too few; an arm needs "
            f"{_FEWEST} units at least."
        )
    return _row(plan, detectable_effect(plan, units), control, variant)


def _row(plan: Plan, effect: float | None, control: int | None, variant: int | None) -> dict[str, Any]:
    return {
        "effect": effect,
        "relative_effect": effect / plan.baseline if effect is not None and plan.baseline > 0 else None,
        "control_units": control,
        "variant_units": variant,
        "units": control + plan.variants * variant if control is not None and variant is not None else None,
    }


def _tell(plan: Plan, rows: list[dict[str, Any]]) -> None:
    from orchestration.cli.experiment_words import change, level

    is_share = plan.spread is None
    table = Listing("difference", "relative", "control", "each variant", "units in all")
    for row in rows:
        table.add_row(
            change(row["effect"], is_share) if row["effect"] is not None else "none can be seen",
            f"{row['relative_effect']:+.1%}" if row["relative_effect"] is not None else "",
            *(f"{row[name]:,}" if row[name] is not None else "beyond counting"
              for name in ("control_units", "variant_units", "units")),
        )  # fmt: skip
    console.print(table)
    comparisons = plan.variants * plan.metrics
    divided = f", {plan.level:.2g} for each of {comparisons} comparisons" if comparisons > 1 else ""
    looks = " The experiment may be read at any time (confidence sequence)." if plan.sequential else ""
    console.print(
        f"Baseline {level(plan.baseline, is_share)}. Such a difference is shown in {plan.power:.0%} of experiments, at "
        f"the level {plan.alpha:g}{divided}; without any difference one is shown in {plan.alpha:.0%} of them.{looks}",
        soft_wrap=True,
    )
