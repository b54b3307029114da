"""The quality gates of one run, and the record of them that the app and `guanxi status` show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from expectations.gate import GateResult, run_gate
from expectations.suite import Boundary
from orchestration.dbt.active_channels import channels_in_use
from orchestration.gates.acceptance import with_acceptances
from orchestration.gates.result_text import CRITICAL, tell, way_on
from stores.errors import NotPublished
from stores.settings import Settings
from stores.warehouse import read_gate_state, write_gate_state

BEFORE_PUBLISHING: tuple[Boundary, ...] = ("marts", "plan")


def check(settings: Settings, boundary: Boundary, run_id: str, as_of: date) -> list[GateResult]:
    """Run the gate at one boundary and add what it said to the run's gate state.

    Args:
        settings: the installation.
        boundary: "raw", "marts" or "plan".
        run_id: the run being checked; the state of another run is replaced, not added to.
        as_of: the day the run builds for.
    """
    limits = {name: channel.freshness_hours for name, channel in channels_in_use(settings).items()}
    results = with_acceptances(settings, run_gate(settings, boundary, run_id, limits), run_id)
    _record(settings, boundary, results, run_id, as_of)
    return results


def passed_in(settings: Settings, run_id: str) -> bool:
    """Whether every gate before publishing was run in this run and let it through."""
    state = read_gate_state(settings)
    if not state or state.get("run_id") != run_id or state.get("outcome") == "failed":
        return False
    return set(BEFORE_PUBLISHING) <= set(state.get("boundaries", []))


def require_passed(settings: Settings, run_id: str, as_of: date) -> None:
    """Run the gates before publishing unless this run has passed them.

    Raises:
        NotPublished: a critical expectation is not met.
    """
    if passed_in(settings, run_id):
        return
    results = [result for boundary in BEFORE_PUBLISHING for result in check(settings, boundary, run_id, as_of)]
    stopping = [result for result in results if result.is_blocking]
    if stopping:
        raise NotPublished(
            f"The gates stop this publication; the last good one stays. {tell(stopping[0])}"
            + (f" ({len(stopping) - 1} more, see `guanxi status`)" if len(stopping) > 1 else "")
            + f". {way_on(stopping[0])}"
        )


def _record(settings: Settings, boundary: str, results: Sequence[GateResult], run_id: str, as_of: date) -> None:
    state = read_gate_state(settings) or {}
    same_run = state.get("run_id") == run_id
    kept = [one for one in state.get("results", []) if same_run and one["boundary"] != boundary]
    everything = kept + [asdict(result) for result in results]
    boundaries = [one for one in state.get("boundaries", []) if same_run and one != boundary] + [boundary]
    write_gate_state(
        settings,
        {
            "run_id": run_id,
            "as_of": as_of.isoformat(),
            "checked_at": settings.now().isoformat(timespec="seconds"),
            "outcome": _outcome(everything),
            "boundaries": boundaries,
            "results": everything,
        },
    )


def _outcome(results: Sequence[dict[str, Any]]) -> str:
    bad = [one for one in results if not one["success"]]
    if any(one["severity"] == CRITICAL and not one.get("accepted_by") for one in bad):
        return "failed"
    return "warned" if bad else "passed"
