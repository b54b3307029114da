"""A YAML file read into a model: what is wrong is said with file, line, field and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from exports.definitions.yaml_lines import Document, Position, read_yaml
from stores.errors import UserError, problem_of_value

_Model = TypeVar("_Model", bound=BaseModel)


class Strict(BaseModel):
    """A file that people write, or a part of one: no further fields, no conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read_model(path: Path, model: type[_Model], context: Mapping[str, Any]) -> tuple[_Model, Document]:
    """Read a file into a model.

    Args:
        path: the file.
        model: what it holds.
        context: what the model's validators are given.

    Returns:
        The model, and the file with its lines.

    Raises:
        UserError: every mistake of the file.
    """
    document = read_yaml(path)
    try:
        return model.model_validate(document.values, context=dict(context)), document
    except ValidationError as bad:
        raise UserError("; ".join(_explained(bad, model, document)) + ".") from bad


def _explained(bad: ValidationError, model: type[BaseModel], document: Document) -> Iterator[str]:
    seen: set[Position] = set()
    for error in bad.errors():
        position = _position(error, document)
        if position in seen:
            continue
        seen.add(position)
        if error["type"] == "extra_forbidden":
            fields = _fields(_model_at(model, position[:-1]))
            yield document.mistake(position, f"is not a field; the fields are {', '.join(fields)}")
        else:
            yield document.mistake(position, problem_of_value(error))


def _position(error: ErrorDetails, document: Document) -> Position:
    """Where a mistake stands in the file, without the names of types that pydantic adds where it tries several."""
    found: Position = ()
    for place, part in enumerate(error["loc"], start=1):
        is_missing = error["type"] == "missing" and place == len(error["loc"])
        if is_missing or (*found, part) in document.lines:
            found = (*found, part)
    return found


def _fields(model: type[BaseModel]) -> list[str]:
    """The fields of a model as they are written, its own before those that it has in common with others."""
    own = [name for name in model.__annotations__ if name in model.model_fields]
    names = [*own, *(name for name in model.model_fields if name not in own)]
    return [model.model_fields[name].alias or name for name in names]


def _model_at(model: type[BaseModel], position: Position) -> type[BaseModel]:
    """The model of what stands at a place of a file."""
    for part in position:
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
