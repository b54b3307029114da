"""The commands of the command line, by their words."""

from __future__ import annotations

from functools import cache
from typing import Any

from typer.main import get_command

from orchestration.cli.main import app


@cache
def commands() -> dict[str, Any]:
    """Every command by its words, such as `identity join`, groups that do something by themselves included."""
    found: dict[str, Any] = {}

    def walk(command: object, words: tuple[str, ...]) -> None:
        inner = getattr(command, "commands", None)
        if (
            words
            and not getattr(command, "hidden", False)
            and (not inner or getattr(command, "invoke_without_command", False))
        ):
            found[" ".join(words)] = command
        for name, one in (inner or {}).items():
            walk(one, (*words, name))

    walk(get_command(app), ())
    return found
