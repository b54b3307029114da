"""What may stand where one of a fixed list is expected: in a contract, and in the columns of the concepts.

The lists are the rules that a run tests (`column_rules` of the models that unite channels) and the seeds that say what
a channel's words mean, so nothing repeats them here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.contract.casting import FALSE_WORDS, TRUE_WORDS
from ingestion.contract.file_formats import FORMATS
from ingestion.contract.table import COLUMN_TYPES
from orchestration.channel_check.staging_build import HELD_ROWS
from stores.dbt_files.seed_rows import seed_rows
from stores.safe_yaml import read_safe_yaml
from stores.settings import Settings

_SEEDS = "dbt_project/seeds"
_REF = re.compile(r"ref\('([a-z0-9_]+)'\)")
_UNITES = re.compile(r"\b(?:united|channels_with)\('([a-z_]+)'")
# The column whose word is unknown where a row is held for it, and where a channel's words get their meaning.
_HELD_FOR = {
    "unknown_status": ("orders.status", "orders/order_status_words.csv"),
    "unknown_currency": ("orders.currency", "orders/currencies.csv"),
    "unknown_kind": ("points.kind", "loyalty/point_kind_words.csv"),
}


@dataclass(frozen=True)
class AllowedValues:
    """What one column may hold.

    Attributes:
        column: `<concept>.<column>` of a staging model, or what a contract says.
        values: what may stand there, as it is written.
        otherwise: what becomes of anything else.
        add: where more can be added; empty where the list is fixed.
    """

    column: str
    values: tuple[str, ...]
    otherwise: str
    add: str = ""


def allowed_values(settings: Settings) -> list[AllowedValues]:
    """Every list: the contract's, then those of the concepts by name."""
    project = settings.project_root / "dbt_project"
    titles = _seed_values(project, "interaction_titles", "kind")
    kinds = AllowedValues(
        "interactions.kind", titles, "shown as it is written", f"{_SEEDS}/interaction_titles.csv: a title for it"
    )
    concepts = {one.column: one for one in (*_of_uniting_models(project), *_of_held_rows(project), kinds)}
    return [*_of_contracts(), *(concepts[name] for name in sorted(concepts))]


def _of_contracts() -> Iterator[AllowedValues]:
    yield AllowedValues("type of a Column", COLUMN_TYPES, "the contract is refused")
    yield AllowedValues("format of a Table", FORMATS, "the contract is refused")
    yield AllowedValues("yes in a bool column", TRUE_WORDS, "the row goes to quarantine", "true=[…] of the Column")
    yield AllowedValues("no in a bool column", FALSE_WORDS, "the row goes to quarantine", "false=[…] of the Column")


def _of_uniting_models(project: Path) -> Iterator[AllowedValues]:
    """The rules of the models that unite a concept's channels."""
    for model in sorted((project / "models" / "intermediate").rglob("*.sql")):
        concepts = set(_UNITES.findall(model.read_text(encoding="utf-8")))
        if len(concepts) != 1 or model.stem == HELD_ROWS:
            continue
        (concept,) = concepts
        for rules, is_warning in _column_rules(model.with_suffix(".yml")):
            otherwise = "the run warns, and it counts nowhere" if is_warning else "the run stops"
            for column, values in (rules.get("accepted_values") or {}).items():
                yield AllowedValues(f"{concept}.{column}", tuple(map(str, values)), otherwise)
            for column, to in (rules.get("relationships") or {}).items():
                if path := _seed(project, str(to["to"])):
                    values = _seed_values(project, path.stem, to["field"])
                    values = _of_profiles(project, values) if path.stem == "identity_rules" else values
                    yield AllowedValues(f"{concept}.{column}", values, otherwise, f"{_SEEDS}/{_below(project, path)}")


def _of_held_rows(project: Path) -> Iterator[AllowedValues]:
    """The words whose meaning a seed says; a row with another one counts in no total."""
    described = next((project / "models").rglob(f"{HELD_ROWS}.yml"))
    (model,) = read_safe_yaml(described)["models"]
    for reason, advice in model["config"]["meta"]["what_to_do"].items():
        if "allowed" not in advice or reason not in _HELD_FOR:
            continue
        column, words = _HELD_FOR[reason]
        values = _seed_values(project, *advice["allowed"].split("."))
        yield AllowedValues(column, values, "the row is held", f"{_SEEDS}/{words}: what a word of the channel means")


def _of_profiles(project: Path, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of identifiers that a profile can carry and that link; others are made on the way."""
    carried = (project / "macros" / "concepts.sql").read_text(encoding="utf-8")
    linking = _seed_values(project, "identity_rules", "identifier_type", is_linking="true")
    return tuple(kind for kind in kinds if kind in linking and f"'{kind}'" in carried)


def _column_rules(described: Path) -> Iterator[tuple[dict[str, Any], bool]]:
    document = read_safe_yaml(described) if described.exists() else {}
    for model in document.get("models") or []:
        for test in model.get("data_tests") or []:
            rules = test.get("column_rules") if isinstance(test, dict) else None
            if rules:
                yield rules["arguments"], (rules.get("config") or {}).get("severity") == "warn"


def _seed(project: Path, reference: str) -> Path | None:
    """The file of the seed that a rule refers to; None where that is no seed."""
    named = _REF.search(reference)
    return next((project / "seeds").rglob(f"{named[1]}.csv"), None) if named else None


def _below(project: Path, path: Path) -> str:
    return path.relative_to(project / "seeds").as_posix()


def _seed_values(project: Path, seed: str, column: str, **where: str) -> tuple[str, ...]:
    rows = (row for row in seed_rows(project, seed) if all(row[name] == value for name, value in where.items()))
    return tuple(dict.fromkeys(row[column] for row in rows))
