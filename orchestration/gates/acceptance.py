"""A failed gate that somebody named accepts, with a reason, after a look at the failing rows: for one build.

Only checks that declare themselves acceptable can be: never consent, erasure, clear values or lost rows. An acceptance
is for what was seen. It does not cover more failing rows than there were, and it is used up by the run that it helps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from expectations.gate import GateResult, discover
from stores import operations
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.redaction.text_redaction import redact_line
from stores.settings import Settings
from stores.warehouse import read_gate_state

_PAST_DAY = "the build of a past day, which sends nothing"
_FILE = "accepted.json"


@dataclass(frozen=True)
class Acceptance:
    """One decision.

    Attributes:
        gate: suite and check, as in `raw_privacy.masks_show_no_number`.
        by: who decided.
        why: the reason.
        accepted_at: when, ISO 8601.
        most_rows: as many failing rows as there were when it was accepted.
        used_by: the run that it let through; None while it waits for one.
    """

    gate: str
    by: str
    why: str
    accepted_at: str
    most_rows: int
    used_by: str | None = None


def accept(settings: Settings, gate: str, by: str, why: str) -> Acceptance:
    """Let the next build pass that fails a check as the last one did; written to the audit log.

    Args:
        settings: the installation.
        gate: suite and check, as the message of the failed gate names it.
        by: who decides.
        why: the reason, without personal data.

    Raises:
        UserError: there is no such check, it has not failed, or nobody may accept it.
    """
    if not by.strip() or not why.strip():
        raise UserError("An acceptance needs a name (--by) and a reason (--why): both are kept in the audit log.")
    checks = {f"{suite.name}.{check.name}": check for suite in discover() for check in suite.checks}
    if gate not in checks:
        raise UserError(f"There is no check {gate!r}. Failed checks and their names: `guanxi status`.")
    if not checks[gate].is_acceptable:
        able = ", ".join(name for name, check in checks.items() if check.is_acceptable)
        raise UserError(f"Nobody may accept {gate}: correct what it found. These may be accepted: {able}.")
    state = read_gate_state(settings) or {}
    failed = next((one for one in state.get("results", []) if f"{one['suite']}.{one.get('check')}" == gate), None)
    if failed is None or failed["success"] or failed["error"]:
        raise UserError(f"{gate} has not failed in the last run, so there is nothing to accept.")
    moment = settings.now()
    made = Acceptance(
        gate=gate,
        by=redact_line(by.strip(), 100),
        why=redact_line(why.strip()),
        accepted_at=moment.isoformat(timespec="seconds"),
        most_rows=int(failed["unexpected_count"]),
    )
    engine = operations.engine(settings)
    with operations.writing(engine) as connection:
        operations.record_access(
            connection, actor=made.by, action="accept_gate", subject_type="gate", subject=gate,
            purpose="publication", records=made.most_rows, moment=moment, detail=made.why,
        )  # fmt: skip
    others = [one for one in _read(settings) if one.gate != gate or one.used_by]
    _write(settings, [*others, made])
    return made


def with_acceptances(settings: Settings, results: Sequence[GateResult], run_id: str) -> list[GateResult]:
    """The results of a run, those marked that somebody accepted; an acceptance that is needed is used up by the run.

    Of a past day nothing is sent, so that what a check of its plan found, and somebody could accept, stops nothing.
    """
    if settings.past_day:
        return [replace(one, accepted_by=_PAST_DAY) if _is_of_a_plan_that_is_not_sent(one) else one for one in results]
    known = _read(settings)
    marked = []
    for result in results:
        if result.is_blocking and result.is_acceptable:
            for place, one in enumerate(known):
                if (
                    one.gate == f"{result.suite}.{result.check}"
                    and one.used_by in (None, run_id)
                    and result.unexpected_count <= one.most_rows
                ):
                    known[place] = replace(one, used_by=run_id)
                    result = replace(result, accepted_by=one.by)
                    break
        marked.append(result)
    if any(result.accepted_by for result in marked):
        _write(settings, known)
    return marked


def _is_of_a_plan_that_is_not_sent(result: GateResult) -> bool:
    return result.is_blocking and result.is_acceptable and result.boundary == "plan"


def _read(settings: Settings) -> list[Acceptance]:
    try:
        document = json.loads((settings.gates_folder / _FILE).read_text(encoding="utf-8"))
        return [Acceptance(**one) for one in document["accepted"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as bad:
        raise UserError(
            f"{settings.gates_folder / _FILE} is damaged. Delete it; what was accepted must be accepted again."
        ) from bad


def _write(settings: Settings, accepted: Sequence[Acceptance]) -> None:
    write_json(settings.gates_folder / _FILE, {"accepted": [asdict(one) for one in accepted]})
