"""The one exception that reaches people, and a mistake in the settings in their words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from stores.settings_files import settings_files, shown

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

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
    bad: ValidationError, section: str, model: type[BaseModel], variables: Mapping[str, str] | None = None
) -> str:
    """What is wrong in which setting.

    Args:
        bad: what pydantic says.
        section: of the settings file.
        model: of that section.
        variables: of the environment, by the field that each may give; such a field is named by its variable.
    """
    files = " or ".join(shown(path) for path in settings_files())
    place, problems = f"{files}, section [{section}]", []
    for error in bad.errors():
        field = ".".join(str(part) for part in error["loc"]) or "(whole section)"
        if error["type"] == "extra_forbidden":
            said = f"there is no such setting; there are {', '.join(_known(model, error['loc']))}"
        else:
            given = f", got {error['input']!r}" if error["type"] != "missing" else ""
            said = f"{error['msg'].removeprefix('Value error, ')}{given}"
        variable = (variables or {}).get(field, "")
        where = f"{variable} in the environment" if os.environ.get(variable) else f"{place}: {field}"
        problems.append(f"{where}: {_MOVED.get(field, said)}")
    return "; ".join(problems).replace(f"; {place}: ", "; ") + "."


def _known(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The settings that may stand where an unknown one was found."""
    from pydantic import BaseModel

    for part in place[:-1]:
        inner = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return [name for name in model.model_fields if name != "project_root"]
