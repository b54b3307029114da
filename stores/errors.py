"""The one exception that reaches people, and a mistake in settings or in a campaign's file in their words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stores.settings_files import PROJECT_ROOT, file_of

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_LONGEST_VALUE = 200
_MOVED = {"gates.freshness_hours": "is said by each channel's contract now, remove it here"}


class UserError(Exception):
    """A mistake that the reader can fix: bad input, bad configuration, a missing service.

    The message is one line: what happened, what it means, what to do. The command line prints it and exits with 2;
    Dagster shows it as the failure's description. Never raise it for a defect of ours.
    """


class NotPublished(UserError):
    """A build that failed, or that a gate stopped: the command line exits with 1, as for every run that failed."""


def user_error_in(failed: BaseException) -> UserError | None:
    """The reader's mistake that another library's exception was raised from; None where there is none."""
    seen: set[int] = set()
    current: BaseException | None = failed
    while current is not None and id(current) not in seen:
        if isinstance(current, UserError):
            return current
        seen.add(id(current))
        current = current.__cause__
    return None


def explain_settings(
    bad: ValidationError,
    section: str,
    model: type[BaseModel],
    variables: Mapping[str, str] | None = None,
    root: Path = PROJECT_ROOT,
) -> str:
    """What is wrong in which setting.

    Args:
        bad: what pydantic says.
        section: of the settings file.
        model: of that section.
        variables: of the environment, by the field that each may give; such a field is named by its variable.
        root: folder that holds `.dlt/`.
    """
    problems: list[str] = []
    before = ""
    for error in bad.errors():
        field = ".".join(str(part) for part in error["loc"]) or "(whole section)"
        place = f"{file_of('.'.join([section, *map(str, error['loc'])]), root=root)}, section [{section}]"
        if error["type"] == "extra_forbidden":
            said = f"there is no such setting; there are {', '.join(_known(model, error['loc']))}"
        else:
            said = problem_of_value(error)
        variable = (variables or {}).get(field, "")
        where = field if place == before else f"{place}: {field}"
        if os.environ.get(variable):
            where, place = f"{variable} in the environment", ""
        problems.append(f"{where}: {_MOVED.get(field, said)}")
        before = place
    return "; ".join(problems) + "."


def _known(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The settings that may stand where an unknown one was found."""
    from pydantic import BaseModel

    for part in place[:-1]:
        inner = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return [name for name in model.model_fields if name != "project_root"]


def problem_of_value(error: ErrorDetails) -> str:
    """What a value must be, such as `must be 1 or more, not 0`; `is missing` where there is none.

    Args:
        error: one that pydantic tells.
    """
    if error["type"] == "missing":
        return "is missing"
    if error["loc"][-1:] == ("webhook_url",):  # the address is a key
        return _must(error)
    whole = error["input"] if isinstance(error["input"], list) else [error["input"]]
    if error["type"] == "value_error" and any(isinstance(one, Mapping) for one in whole):
        return _must(error)  # of a whole section, whose fields the file shows better
    value = repr(error["input"])
    return f"{_must(error)}, not {value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + '…'}"


def _must(error: ErrorDetails) -> str:
    """What the value must be."""
    of = error.get("ctx", {})
    match error["type"]:
        case "string_type":
            return "must be a text"
        case "string_too_short" | "too_short" if of["min_length"] == 1:
            return "must not be empty"
        case "string_too_short":
            return f"must have at least {of['min_length']} characters"
        case "string_too_long":
            return f"must have at most {of['max_length']} characters"
        case "string_pattern_mismatch":
            return f"must be written by the pattern {of['pattern']}"
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return "must be a whole number"
        case "float_type" | "float_parsing" | "finite_number":
            return "must be a number"
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "greater_than_equal":
            return f"must be {_plain(of['ge'])} or more"
        case "greater_than":
            return f"must be more than {_plain(of['gt'])}"
        case "less_than_equal":
            return f"must be {_plain(of['le'])} or less"
        case "less_than":
            return f"must be less than {_plain(of['lt'])}"
        case "literal_error" if of["expected"] == "True":
            return "must be true"
        case "literal_error":
            return f"must be one of {of['expected'].replace(' or ', ', ')}"
        case "list_type":
            return "must be a list"
        case "too_short":
            return f"must have at least {of['min_length']} entries"
        case "too_long":
            return f"must have at most {of['max_length']} entries"
        case "dict_type" | "model_type":
            return "must be names with values"
        case "invalid_key":
            return "may have texts as names only"
        case "path_type":
            return "must be a path"
        case "date_type" | "date_from_datetime_parsing" | "date_from_datetime_inexact" | "date_parsing":
            return "must be a day such as 2026-06-30"
    # what a check of ours says, and what no model of ours can raise
    return error["msg"].removeprefix("Value error, ")


def _plain(bound: float) -> str:
    """A bound as people write it: 50, not 50.0."""
    return str(int(bound) if bound == int(bound) else bound)
