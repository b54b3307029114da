"""What a gate's results read like: one sentence a failed check, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from stores.counted import counted

if TYPE_CHECKING:
    from expectations.gate import GateResult

CRITICAL = "critical"


def tell(result: GateResult | dict[str, Any]) -> str:
    """One result in words: table, check, what was expected, how many rows miss it, where they are, who accepted it."""
    values = result if isinstance(result, dict) else asdict(result)
    if values.get("error"):
        return f"{values['table']}: {values['description_en']}: {values['error']}"
    count = values.get("unexpected_count")
    rows = f", {counted(count, 'row')} {'misses' if count == 1 else 'miss'} it" if count else ""
    examples = "; ".join(list(values.get("failing_rows") or ())[:2])
    named = f", such as {examples}" if rows and examples else ""
    kept = f" (rows: {values['failing_rows_path']})" if values.get("failing_rows_path") else ""
    accepted = f" [accepted by {values['accepted_by']}]" if values.get("accepted_by") else ""
    # a state that an older release wrote names no check where a model failed
    name = f"{values['suite']}.{values.get('check') or values['table']}"
    expected = values["description_en"] or values["expectation"]
    return f"{values['table']}: {expected} [{name}]{rows}{named}{kept}{accepted}"


def way_on(result: GateResult | dict[str, Any]) -> str:
    """What to do about a failed check, in one sentence; `result` may be the record of one in the gate state."""
    values = result if isinstance(result, dict) else asdict(result)
    if values["boundary"] in ("raw", "models"):
        again = "`guanxi run`"
        what = "the model, the data or the contract" if values["boundary"] == "models" else "the data or the limit"
        ways = f"Correct {what}, then {again}"
    else:  # these tables are built: a limit is only compared again, whatever else is corrected is built first
        again = "`guanxi publish`"
        ways = f"Correct the data or a seed, then `guanxi run`; or the limit, then {again}"
    if values.get("is_acceptable"):
        name = f"{values['suite']}.{values['check']}"
        ways += (
            f"; or look at the rows and accept them for one build: `guanxi gate accept {name} --by NAME --why REASON`, "
            f"then {again}"
        )
    return f"{ways}."
