"""The JSON schemas of campaign and journey files, for editors that complete and check what is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exports.definitions.campaign import Campaign
from exports.definitions.journeys.journey import Journey
from exports.definitions.journeys.journey_files import journey_events
from exports.definitions.message_programme import GOALS
from stores.errors import UserError
from stores.message_channels import read_message_channels, read_message_purposes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DURATION = "^[1-9][0-9]{0,2}[dw]$"
# Fields that name rows of seeds, by the seed. Other rows may come, so that a schema proposes them and refuses none.
_ROWS = {
    "channel": "channels", "purpose": "purposes", "event": "events", "until": "events", "exit_when": "events",
    "goal": "goals",
}  # fmt: skip


def file_schema(kind: str, project_root: Path) -> dict[str, Any]:
    """The schema of a kind of file: its fields, what they mean, and which values they take.

    Args:
        kind: campaign or journey.
        project_root: whose seeds say which channels, purposes and events there are.

    Raises:
        UserError: a seed is missing, or there is no such kind.
    """
    if kind not in ("campaign", "journey"):
        raise UserError(f"There are schemas of campaign and journey files, not of {kind!r}.")
    model = Campaign if kind == "campaign" else Journey
    rows = {
        "channels": list(read_message_channels(project_root)),
        "purposes": list(read_message_purposes(project_root)),
        "events": list(journey_events(project_root)),
        "goals": [*GOALS, *journey_events(project_root)],
    }
    schema = model.model_json_schema(by_alias=True)
    return {"$schema": DIALECT, "title": f"A {kind} of Guanxi", **_proposing(schema, rows)}


def _proposing(part: Any, rows: dict[str, list[str]]) -> Any:
    """The same schema; durations have their pattern, and fields that name rows propose them."""
    if isinstance(part, list):
        return [_proposing(one, rows) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "string" and "minimum" in part:
        return _duration(part)
    found = {name: _proposing(inner, rows) for name, inner in part.items() if name != "title"}
    for name, inner in found.get("properties", {}).items():
        if name in _ROWS and isinstance(inner, dict):
            found["properties"][name] = _with_rows(inner, sorted(set(rows[_ROWS[name]])))
    return found


def _duration(part: dict[str, Any]) -> dict[str, Any]:
    """Days as files write them: 7d, 2w."""
    kept = {name: value for name, value in part.items() if name not in ("minimum", "maximum", "title")}
    if "default" in kept:
        kept["default"] = f"{kept['default']}d"
    return {**kept, "pattern": _DURATION, "examples": ["7d", "2w"]}


def _with_rows(field: dict[str, Any], rows: list[str]) -> dict[str, Any]:
    if field.get("type") == "array":
        return {**field, "items": _with_rows(field["items"], rows)}
    if "anyOf" in field:
        return {**field, "anyOf": [{"enum": rows}, *field["anyOf"]]}
    kept = {name: field[name] for name in ("default", "description") if name in field}
    value = {name: inner for name, inner in field.items() if name not in kept}
    return {**kept, "anyOf": [{"enum": rows}, value]}
