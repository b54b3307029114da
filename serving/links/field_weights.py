"""What each compared field says for or against two profiles being one person: log2 of its Bayes factor."""

from __future__ import annotations

import json
from typing import Any

# Below the one a field says little, from the other on much.
LITTLE, MUCH = 0.5, 4.0


def read_weights(text: Any) -> dict[str, float]:
    """The weights of the fields, the loudest first; none where two profiles were not compared.

    Args:
        text: JSON text as published, `{"phone": 11.5, "city": -0.7}`; or a missing value.

    Raises:
        ValueError: it is another text.
    """
    if not isinstance(text, str) or not text:
        return {}
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError(f"no weights by field: {text}")
    weights = {str(name): float(weight) for name, weight in said.items()}
    return dict(sorted(weights.items(), key=lambda one: -abs(one[1])))


def verdict(weight: float) -> str:
    """What a weight says: `little`, `for`, `strongly_for`, `against` or `strongly_against`."""
    if abs(weight) < LITTLE:
        return "little"
    return ("strongly_" if abs(weight) >= MUCH else "") + ("for" if weight > 0 else "against")
