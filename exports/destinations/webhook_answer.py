"""What the body of a webhook's 2xx answer says about each message.

`{"results": [{"delivery_id", "status": "accepted" | "duplicate" | "rejected" | "retry", "reason"}]}` where the peer
does not take all of them; an empty body, a bare `ok` or an object without results and without an error where it does.
Anything else, such as the page of a proxy, says nothing: the messages stay unknown and go out again under the same id.
"""

from __future__ import annotations

import json
from typing import Any

from exports.destinations.destination import Batch, Outcome, Status, same_outcome

_STATUSES = {
    "accepted": Status.ACCEPTED,
    "duplicate": Status.ACCEPTED,
    "rejected": Status.REJECTED,
    "retry": Status.NOT_SENT,
}
_TAKEN = (b"", b"ok", b"success")
_ERRORS = ("error", "errors")
# Names, by their letters, under which tools that answer 200 to everything say how it went, and what then is well.
_CODES = frozenset(
    {"code", "errcode", "errorcode", "ret", "retcode", "returncode", "resultcode", "status", "statuscode"}
)
_FLAGS = frozenset({"success", "succeeded", "successful", "ok", "result"})
_WELL = frozenset({"", "0", "00", "000", "0000", "200", "201", "202", "204", "ok", "success", "succeeded", "accepted",
                   "queued", "sent", "true", "none", "null"})  # fmt: skip


def outcomes(batch: Batch, body: bytes | None) -> list[Outcome]:
    """One outcome for each message of the batch; never raises.

    Args:
        batch: what was sent.
        body: of the answer; None when it was too long to read.
    """
    if body is None:
        return same_outcome(batch, Status.UNKNOWN, "answer_not_readable")
    if body.strip().lower() in _TAKEN:
        return same_outcome(batch, Status.ACCEPTED)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return same_outcome(batch, Status.UNKNOWN, "answer_not_understood")
    if not isinstance(document, dict):
        return same_outcome(batch, Status.UNKNOWN, "answer_not_understood")
    if "results" not in document:
        failed = _says_no(document)
        return same_outcome(
            batch, Status.UNKNOWN if failed else Status.ACCEPTED, "answered_an_error" if failed else None
        )
    results = document["results"]
    if not isinstance(results, list):
        return same_outcome(batch, Status.UNKNOWN, "answer_not_understood")
    said: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        if isinstance(result, dict) and isinstance(result.get("delivery_id"), str):
            said.setdefault(result["delivery_id"], []).append(result)
    return [_outcome(message.delivery_id, said.get(message.delivery_id, [])) for message in batch.messages]


def _says_no(document: dict[str, Any]) -> bool:
    """Whether an answer without results tells of an error, under any of the usual names."""
    for name, value in document.items():
        word = "".join(sign for sign in name.casefold() if sign.isalnum())
        is_plain = value is None or isinstance(value, (str, int, float))
        if word in _ERRORS and value:
            return True
        if word in _CODES | _FLAGS and is_plain and str(value).strip().casefold() not in _WELL:
            return True
    return False


def _outcome(delivery_id: str, said: list[dict[str, Any]]) -> Outcome:
    if not said:
        return Outcome(delivery_id, Status.UNKNOWN, "not_in_answer")
    statuses = {_STATUSES.get(str(one.get("status")), Status.UNKNOWN) for one in said}
    if len(statuses) > 1:
        return Outcome(delivery_id, Status.UNKNOWN, "contradictory_answer")
    (status,) = statuses
    first = said[0]
    return Outcome(
        delivery_id, status, None if status is Status.ACCEPTED else str(first.get("reason") or first.get("status"))
    )
