"""What pydantic can find wrong in the models of settings and of campaign files, by giving every field bad values."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

# packages with models of files that people write
_PACKAGES = ("stores", "exports", "ingestion")
_MANY, _LONG = 1000, "x" * 30_000
_BAD: tuple[Any, ...] = (
    None, "", " ", "x", "X y!", _LONG, "nan", "12.5", 3.5, -1, 0, 10**12, -(10**12), 1e300, float("nan"), float("inf"),
    True, [], ["x"], ["x"] * _MANY, [3], [None], [{}], [{"x": 1}], {}, {"x": 1}, {"x": None}, {"x": [1]}, {1: 2},
    {"zh": 3}, object(), b"x",
)  # fmt: skip


# Where the words are that a mistake in such a model is told in.
MODULES = (
    "stores.errors", "stores.settings", "exports.definitions.campaign", "exports.definitions.campaign_audience",
    "exports.definitions.campaign_files", "exports.definitions.campaign_schedule",
    "exports.definitions.campaign_steps", "exports.definitions.definition_file",
    "exports.definitions.journeys.condition", "exports.definitions.journeys.journey",
    "exports.definitions.journeys.program", "exports.definitions.message_programme", "exports.destinations.webhook",
    "exports.definitions.tag_purposes", "exports.rendering.blocks",
)  # fmt: skip


def models() -> list[type[BaseModel]]:
    """Every model of ours that reads what people write."""
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(found.name)
    waiting, known = [BaseModel], set()
    while waiting:
        for model in waiting.pop().__subclasses__():
            if model not in known:
                known.add(model)
                waiting.append(model)
    return sorted((one for one in known if one.__module__.split(".")[0] in _PACKAGES), key=lambda one: one.__name__)


def mistakes(model: type[BaseModel], context: dict[str, Any]) -> Iterator[ErrorDetails]:
    """What pydantic says of bad values in each field, of a field that is missing, and of one that is not there.

    Args:
        model: one of ours.
        context: what its validators ask for.
    """
    for values in ({}, "x", {"no_such_field": 1}, *({name: bad} for name in _names(model) for bad in _BAD)):
        try:
            model.model_validate(values, context=context)
        except ValidationError as bad:
            yield from bad.errors()


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
