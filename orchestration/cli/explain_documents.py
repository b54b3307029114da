"""What `guanxi explain … --json`, `identity explain --json` and `receipts list --json` print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exports.receipts.replay_and_undo import Overview
    from orchestration.fitted_models.lifetime_story import LifetimeStory
    from orchestration.stewardship.explanations import CustomerStory, DeliveryStory
    from orchestration.stewardship.review_details import PairStory
    from orchestration.stewardship.stage_and_tier import StateStory
    from stores.operations import Decision

# Masks say which address it is; tokens are for joins within the warehouse.
_TOKENS = ("identifier_token", "identifier_value")


def customer_document(story: CustomerStory) -> dict[str, Any]:
    """Who a customer is and why; its keys stay as they are, new ones may come."""
    return {
        "publication_id": story.publication.publication_id,
        "as_of": story.publication.as_of,
        **_parts(story, without=("publication",)),
    }


def lifetime_document(story: LifetimeStory) -> dict[str, Any]:
    """What a customer is expected to buy and what that rests on; its keys stay as they are, new ones may come."""
    return {
        "publication_id": story.publication.publication_id,
        "as_of": story.publication.as_of,
        **_parts(story, without=("publication", "names")),
    }


def state_document(story: StateStory) -> dict[str, Any]:
    """What a customer is taken for and what that rests on; its keys stay as they are, new ones may come."""
    return {
        "publication_id": story.publication.publication_id,
        "as_of": story.publication.as_of,
        **_parts(story, without=("publication",)),
    }


def delivery_document(story: DeliveryStory) -> dict[str, Any]:
    """What became of a message and why."""
    return _parts(story, without=())


def pair_document(story: PairStory) -> dict[str, Any]:
    """Why two profiles are one customer, or why not."""
    return {
        "publication_id": story.publication.publication_id,
        "as_of": story.publication.as_of,
        "is_one_customer": story.is_one,
        **_parts(story, without=("publication", "decisions")),
        "decisions": [decision_document(one) for one in story.decisions],
    }


def decision_document(decision: Decision) -> dict[str, Any]:
    """A steward's decision."""
    return {**asdict(decision), "decided_at": decision.decided_at.replace(tzinfo=UTC)}


def receipts_document(seen: Overview) -> dict[str, Any]:
    """Files that came back, lines in quarantine, and ids that stand for several events."""
    return {
        "files": [_in_utc(row._mapping) for row in seen.files],
        "waiting_lines": seen.waiting_in_all,
        "lines": [_in_utc(row._mapping) for row in seen.waiting],
        "repeated_ids": [_in_utc(row._mapping) for row in seen.repeated],
    }


def _parts(story: Any, without: Iterable[str]) -> dict[str, Any]:
    return {one.name: _shown(getattr(story, one.name)) for one in fields(story) if one.name not in without}


def _shown(value: Any) -> Any:
    """A part of a story without tokens, whatever it is made of."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {name: _shown(inner) for name, inner in value.items() if name not in _TOKENS}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return value


def _in_utc(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of the operations store, whose times are UTC without saying so."""
    return {
        str(name): value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
        for name, value in row.items()
    }
