"""The trained model as a versioned file: the same model gives the same links, and an old one can be looked at again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from linkage.evidence import Dependence, weight
from stores.atomic_files import write_json
from stores.errors import UserError

_CURRENT = "current.json"


@dataclass(frozen=True)
class Model:
    """What training found out.

    Attributes:
        settings: Splink's settings with m and u of every level.
        keys: the columns that pairs are blocked on.
        prior: probability that two random profiles are one person.
        profiles: how many it was trained on.
        trained_at: when, in business time.
        dependence: how far comparisons follow from others, see `linkage.field_dependence`.
    """

    settings: dict[str, Any]
    keys: tuple[tuple[str, ...], ...]
    prior: float
    profiles: int
    trained_at: datetime
    dependence: Dependence = field(default_factory=dict)

    @property
    def version(self) -> str:
        """12 hex digits over everything that decides about a link."""
        decisive = json.dumps([self.settings, self.keys, self.prior, self.dependence], sort_keys=True)
        return hashlib.sha256(decisive.encode()).hexdigest()[:12]

    @property
    def comparisons(self) -> tuple[str, ...]:
        """Names of what is compared."""
        return tuple(one["output_column_name"] for one in self.settings["comparisons"])

    def levels(self, comparison: str) -> list[dict[str, Any]]:
        """A comparison's levels without the null one, the most alike first."""
        one = next(one for one in self.settings["comparisons"] if one["output_column_name"] == comparison)
        return [level for level in one["comparison_levels"] if not level.get("is_null_level")]

    def weight_ranges(self) -> dict[str, tuple[float, float]]:
        """What each comparison can say: its highest and its lowest weight, as log2, without frequencies."""
        ranges = {}
        for name in self.comparisons:
            weights = [weight(level) for level in self.levels(name)]
            ranges[name] = (max(weights), min(weights))
        return ranges


def keep(folder: Path, model: Model) -> Path:
    """Write the model under its version and make it the current one.

    Args:
        folder: where models are kept, `state/linkage`.
        model: the trained model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"model-{model.version}.json"
    document = {
        "version": model.version,
        "trained_at": model.trained_at.isoformat(),
        "profiles": model.profiles,
        "prior": model.prior,
        "keys": [list(key) for key in model.keys],
        "settings": model.settings,
        "dependence": model.dependence,
    }
    write_json(place, document)
    write_json(folder / _CURRENT, {"model": place.name})
    return place


def current(folder: Path) -> Model | None:
    """The model in use; None before the first training, and where the one there is from before what follows counted.

    Raises:
        UserError: its file is damaged.
    """
    try:
        name = json.loads((folder / _CURRENT).read_text(encoding="utf-8"))["model"]
        document = json.loads((folder / Path(name).name).read_text(encoding="utf-8"))
        if "dependence" not in document and "settings" in document:
            return None
        model = Model(
            settings=document["settings"],
            keys=tuple(tuple(key) for key in document["keys"]),
            prior=document["prior"],
            profiles=document["profiles"],
            trained_at=datetime.fromisoformat(document["trained_at"]),
            dependence=document["dependence"],
        )
        if model.version != document["version"]:
            raise ValueError("its content is not what its version says")
        return model
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as bad:
        raise UserError(
            f"The linkage model in {folder} is damaged. Delete {_CURRENT} there; the next run trains a new one."
        ) from bad
